using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

// After a shrink, what lies beyond the end is discarded before the volume can grow over it again. The invariant: no discard of a
// trim takes effect once the volume has grown. One node does it, the one that the record names. It looks at the record before
// each piece, after the piece has arrived; whoever takes over waits as long as a piece can take effect after its arrival.
public sealed partial class VolumeManager
{
    private const long TakeoverNs = GroupContext.FreshnessNs + 1_000_000_000;

    private string? _trimmer;

    private string Trimmer => _trimmer ??= TrimmerPrefix + VolumeRecord.FormatId(_context.Reactor.NewNumber());

    private string TrimmerPrefix => _node.Name + "/";

    // What fails is tried again at the next start or growth.
    private async ValueTask<Fault?> TrimAsync(string name)
    {
        for (var hasBegun = false; ; hasBegun = true)
        {
            var read = await ReadAsync(name);
            if (!read.IsOk)
                return read.Fault;
            var (record, revision) = read.Value;
            if (Find(name) is not { } volume || volume.Record.Id != record.Id)
                return Missing(name);
            if (record.TrimBytes <= record.SizeBytes)
                return null;
            var isMine = record.Trimmer == Trimmer;
            var change = isMine ? record with { TrimBytes = 0, Trimmer = null } : record with { Trimmer = Trimmer };
            var isTakenOver = hasBegun && !isMine && record.Trimmer is not null;
            if (isTakenOver || (isMine && !(await volume.TrimAsync(record.SizeBytes, record.TrimBytes, () => IsMineAsync(record))).IsOk))
            {
                return new Fault(
                    "volume-untrimmed",
                    $"What lay beyond the end of volume '{name}' could not be discarded.",
                    "Try again; if it fails again, `uss status` names the disks that must come back first.");
            }

            var commit = await _coordination.CommitAsync([new Condition(VolumeRecord.KeyOf(name), revision)], [Put(change)]);
            if (commit.Status == CommitStatus.Unknown)
                return CoordinationFaults.Unavailable;
            if (commit.Status == CommitStatus.Conflict)
                continue;
            await AppliedAsync(commit.Revision);
            if (isMine)
                return null;

            // On a node that is alone nothing of an earlier process is under way.
            if (record.Trimmer is not null && _node.Peers is not null)
                await _context.Reactor.DelayAsync(TakeoverNs);
        }
    }

    private async ValueTask<bool> IsMineAsync(VolumeRecord record)
    {
        var read = await ReadAsync(record.Name);
        return read.IsOk && read.Value.Record.Trimmer == Trimmer && read.Value.Record.SizeBytes <= record.SizeBytes;
    }

    // What an earlier process of this node began, or nobody. What another node began is for that one, or for who grows the volume.
    private async ValueTask TrimAllAsync()
    {
        var left = _volumes.Values.Where(volume => volume.Record.TrimBytes > volume.SizeBytes
            && volume.Record.Trimmer?.StartsWith(TrimmerPrefix, StringComparison.Ordinal) != false);
        foreach (var volume in left.ToList())
        {
            await _resizing.EnterAsync();
            await TrimAsync(volume.Name);
            _resizing.Leave();
        }
    }
}
