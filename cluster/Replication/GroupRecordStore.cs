using Uss.Coordination;
using Uss.Runtime;

namespace Uss.Replication;

/// <summary>
/// Commits placement group records. Proposals of many groups in one turn (a start, the loss of a disk) go into few
/// commits; each still succeeds or fails by its own condition.
/// </summary>
public sealed class GroupRecordStore
{
    // etcd takes at most 128 operations in one transaction by default.
    private const int BatchRecords = 100;

    // So many are read one by one rather than with all others.
    private const int FewReads = 4;

    private readonly Reactor _reactor;
    private readonly ICoordinationStore _coordination;
    private readonly List<Proposal> _waiting = [];
    private readonly List<PendingRead> _reading = [];
    private bool _isFlushing;
    private bool _isReading;

    /// <summary>Creates the store.</summary>
    /// <param name="reactor">Whose groups use it.</param>
    /// <param name="coordination">Where the records are.</param>
    public GroupRecordStore(Reactor reactor, ICoordinationStore coordination)
    {
        _reactor = reactor;
        _coordination = coordination;
        Proposer = reactor.NewNumber();
    }

    /// <summary>Random number of this process.</summary>
    public ulong Proposer { get; }

    /// <summary>Replaces a group's record if it was last modified at <paramref name="expectedRevision"/> (0: absent).</summary>
    /// <param name="id">The group.</param>
    /// <param name="expectedRevision">Revision of its record.</param>
    /// <param name="record">The new record.</param>
    /// <param name="half">A group that has no record yet, and the one that it gets in the same commit.</param>
    public async ValueTask<CoordinationCommit> CommitAsync(
        PlacementGroupId id, long expectedRevision, GroupRecord record, (PlacementGroupId Id, GroupRecord Record)? half = null)
    {
        List<Condition> conditions = [new(GroupRecord.KeyOf(id), expectedRevision)];
        List<Change> changes = [Put(id, record)];
        if (half is { } other)
        {
            conditions.Add(new Condition(GroupRecord.KeyOf(other.Id), 0));
            changes.Add(Put(other.Id, other.Record));
        }

        var proposal = new Proposal(conditions, changes, new TaskCompletionSource<CoordinationCommit>());
        _waiting.Add(proposal);
        if (!_isFlushing)
        {
            _isFlushing = true;
            _reactor.Spawn(FlushAsync());
        }

        return await proposal.Completion.Task;
    }

    /// <summary>Reads a group's record.</summary>
    public async ValueTask<CoordinationRead> ReadAsync(PlacementGroupId id)
    {
        var read = new PendingRead(GroupRecord.KeyOf(id), new TaskCompletionSource<CoordinationRead>());
        _reading.Add(read);
        if (!_isReading)
        {
            _isReading = true;
            _reactor.Spawn(ReadAllAsync());
        }

        return await read.Completion.Task;
    }

    private async ValueTask FlushAsync()
    {
        // One turn, so that all groups that change for the same reason come along.
        await _reactor.YieldAsync();
        while (_waiting.Count > 0)
        {
            // One commit changes a key once: a second proposal for a group, also as the half of another one, waits for the next.
            var batch = new List<Proposal>();
            var keys = new HashSet<string>(StringComparer.Ordinal);
            var records = 0;
            foreach (var proposal in _waiting)
            {
                var isFirst = !proposal.Changes.Any(change => keys.Contains(change.Key));
                keys.UnionWith(proposal.Changes.Select(change => change.Key));
                if (!isFirst)
                    continue;
                records += proposal.Changes.Count;
                if (records <= BatchRecords)
                    batch.Add(proposal);
            }

            _waiting.RemoveAll(batch.Contains);
            await CommitAllAsync(batch);
        }

        _isFlushing = false;
    }

    // Where one of many conflicts, a look at all records tells which; the others go again together.
    private async ValueTask CommitAllAsync(List<Proposal> batch)
    {
        while (batch.Count > 0)
        {
            var commit = await CommitBatchAsync(batch);
            var outdated = new List<Proposal>();
            if (commit.Status == CommitStatus.Conflict && batch.Count > 1)
            {
                var present = await _coordination.ListAsync(GroupRecord.Prefix);
                var revisions = present.Entries.ToDictionary(entry => entry.Key, entry => entry.ModifiedRevision, StringComparer.Ordinal);
                outdated = present.IsAvailable
                    ? batch.FindAll(proposal => proposal.Conditions.Any(
                        condition => revisions.GetValueOrDefault(condition.Key) != condition.ModifiedRevision))
                    : batch;
            }

            // All of one outcome, or those that conflict; without any, somebody changed a record back and forth meanwhile.
            var done = outdated.Count > 0 || (commit.Status == CommitStatus.Conflict && batch.Count > 1) ? outdated : batch;
            batch = [.. batch.Except(done)];
            foreach (var proposal in done)
                proposal.Completion.SetResult(commit);
        }
    }

    // Many reads of one turn are one look at all records.
    private async ValueTask ReadAllAsync()
    {
        await _reactor.YieldAsync();
        while (_reading.Count > 0)
        {
            var reads = _reading.ToList();
            _reading.Clear();
            if (reads.Count <= FewReads)
            {
                foreach (var read in reads)
                    read.Completion.SetResult(await _coordination.GetAsync(read.Key));
                continue;
            }

            var all = await _coordination.ListAsync(GroupRecord.Prefix);
            var entries = all.Entries.ToDictionary(entry => entry.Key, StringComparer.Ordinal);
            foreach (var read in reads)
            {
                read.Completion.SetResult(all with
                {
                    Entries = entries.TryGetValue(read.Key, out var entry) ? [entry] : [],
                });
            }
        }

        _isReading = false;
    }

    private ValueTask<CoordinationCommit> CommitBatchAsync(List<Proposal> batch) =>
        _coordination.CommitAsync(
            [.. batch.SelectMany(proposal => proposal.Conditions)], [.. batch.SelectMany(proposal => proposal.Changes)]);

    private static Change Put(PlacementGroupId id, GroupRecord record) =>
        new(GroupRecord.KeyOf(id), CoordinationJson.Write(record, ReplicationJson.Default.GroupRecord));

    private sealed record PendingRead(string Key, TaskCompletionSource<CoordinationRead> Completion);

    private sealed record Proposal(
        IReadOnlyList<Condition> Conditions, IReadOnlyList<Change> Changes, TaskCompletionSource<CoordinationCommit> Completion);
}
