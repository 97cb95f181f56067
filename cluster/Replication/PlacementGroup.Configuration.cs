using Uss.Coordination;
using Uss.Runtime;

namespace Uss.Replication;

public sealed partial class PlacementGroup
{
    // How long to wait before the coordination store is asked again when it did not answer.
    private const long RetryDelayNs = 100_000_000;

    private long _revision;

    /// <summary>
    /// Starts the group: raises its epoch by a committed change, so that no version repeats, and serves. Without an
    /// in-sync member at hand it becomes <see cref="GroupState.Unavailable"/>.
    /// </summary>
    /// <param name="record">Its record as last read; null for a new group.</param>
    /// <param name="revision">Revision of the record; 0 when there is none.</param>
    /// <param name="online">Disks at hand, in the order of preference as primary.</param>
    /// <returns>A fault when somebody else changed the record meanwhile.</returns>
    public async ValueTask<Fault?> StartAsync(GroupRecord? record, long revision, IReadOnlyList<IReplica> online)
    {
        _revision = revision;
        Record = record;
        var members = record is null ? [.. online] : online.Where(replica => record.InSync.Contains(replica.DiskId)).ToList();
        if (members.Count == 0)
        {
            MakeUnavailable();
            return null;
        }

        var departed = record is null ? [] : record.Departed.Concat(
            record.InSync.Where(disk => members.All(member => member.DiskId != disk))
                .Select(disk => new DepartedMember(disk, record.CleanVersion)));
        var proposal = new GroupRecord
        {
            Epoch = (record?.Epoch ?? 0) + 1,
            InSync = [.. members.Select(member => member.DiskId)],
            Primary = members[0].DiskId,
            Departed = [.. departed],
            CleanVersion = record?.CleanVersion ?? 0,
            Proposer = _context.Records.Proposer,
        };
        if (!await CommitAsync(proposal))
        {
            MakeUnavailable();
            return new Fault("group-taken-over", $"Placement group {Id} was taken over by another process.", "Run one process on a data directory.");
        }

        Activate(proposal, members);
        return null;
    }

    // Commits a configuration and asks until the outcome is known. False: somebody else changed the record.
    private async ValueTask<bool> CommitAsync(GroupRecord proposal)
    {
        while (true)
        {
            var commit = await _context.Records.CommitAsync(Id, _revision, proposal);
            if (commit.Status == CommitStatus.Applied)
            {
                _revision = commit.Revision;
                return true;
            }

            // A conflict may be with our own proposal, whose first answer was lost.
            var read = await _context.Records.ReadAsync(Id);
            while (!read.IsAvailable)
            {
                await _context.Reactor.DelayAsync(RetryDelayNs);
                read = await _context.Records.ReadAsync(Id);
            }

            var found = read.Entries.Count == 0 ? null : read.Entries[0];
            if (found is not null && found.ModifiedRevision != _revision)
            {
                var present = CoordinationJson.Read(found.Key, found.Value, ReplicationJson.Default.GroupRecord);
                if (!present.IsOk || present.Value.Proposer != proposal.Proposer || present.Value.Epoch != proposal.Epoch)
                    return false;
                _revision = found.ModifiedRevision;
                return true;
            }

            if (found is null && _revision != 0)
                return false;
            await _context.Reactor.DelayAsync(RetryDelayNs);
        }
    }
}
