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

    private readonly Reactor _reactor;
    private readonly ICoordinationStore _coordination;
    private readonly List<Proposal> _waiting = [];
    private bool _isFlushing;

    /// <summary>Creates the store.</summary>
    /// <param name="reactor">Whose groups use it.</param>
    /// <param name="coordination">Where the records are.</param>
    public GroupRecordStore(Reactor reactor, ICoordinationStore coordination)
    {
        _reactor = reactor;
        _coordination = coordination;
        Span<byte> bytes = stackalloc byte[8];
        reactor.FillEntropy(bytes);
        Proposer = BitConverter.ToUInt64(bytes);
    }

    /// <summary>Random number of this process.</summary>
    public ulong Proposer { get; }

    /// <summary>Replaces a group's record if it was last modified at <paramref name="expectedRevision"/> (0: absent).</summary>
    public async ValueTask<CoordinationCommit> CommitAsync(PlacementGroupId id, long expectedRevision, GroupRecord record)
    {
        var proposal = new Proposal(
            new Condition(GroupRecord.KeyOf(id), expectedRevision),
            new Change(GroupRecord.KeyOf(id), CoordinationJson.Write(record, ReplicationJson.Default.GroupRecord)),
            new TaskCompletionSource<CoordinationCommit>());
        _waiting.Add(proposal);
        if (!_isFlushing)
        {
            _isFlushing = true;
            _reactor.Spawn(FlushAsync());
        }

        return await proposal.Completion.Task;
    }

    /// <summary>Reads a group's record.</summary>
    public ValueTask<CoordinationRead> ReadAsync(PlacementGroupId id) => _coordination.GetAsync(GroupRecord.KeyOf(id));

    private async ValueTask FlushAsync()
    {
        // One turn, so that all groups that change for the same reason come along.
        await _reactor.YieldAsync();
        while (_waiting.Count > 0)
        {
            // One commit changes a key once: a second proposal for a group waits for the next.
            var batch = _waiting.DistinctBy(proposal => proposal.Condition.Key).Take(BatchRecords).ToList();
            _waiting.RemoveAll(batch.Contains);
            var commit = await CommitBatchAsync(batch);
            foreach (var proposal in batch)
            {
                // Who conflicts is known only by asking one by one.
                var own = commit.Status == CommitStatus.Conflict && batch.Count > 1 ? await CommitBatchAsync([proposal]) : commit;
                proposal.Completion.SetResult(own);
            }
        }

        _isFlushing = false;
    }

    private ValueTask<CoordinationCommit> CommitBatchAsync(List<Proposal> batch) =>
        _coordination.CommitAsync([.. batch.Select(proposal => proposal.Condition)], [.. batch.Select(proposal => proposal.Change)]);

    private sealed record Proposal(Condition Condition, Change Change, TaskCompletionSource<CoordinationCommit> Completion);
}
