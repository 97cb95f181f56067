using Uss.Coordination;
using Uss.Runtime;

namespace Uss.Volumes;

public sealed partial class BlockNode
{
    /// <summary>Deletes a removed space on all disks that are online and remembers the others.</summary>
    internal async ValueTask DeleteSpaceAsync(ulong space, RemovedSpaceRecord removed, long revision)
    {
        var pending = new List<Guid>();
        foreach (var disk in removed.PendingDisks)
        {
            if (FindReplica(disk) is not { } replica || !(await replica.DeleteSpaceAsync(space)).IsOk)
                pending.Add(disk);
        }

        if (pending.Count == removed.PendingDisks.Count)
            return;
        var key = RemovedSpaceRecord.KeyOf(space);
        // Typed: a bare null would become an empty document by the conversion from arrays.
        var document = pending.Count == 0
            ? default(ReadOnlyMemory<byte>?)
            : CoordinationJson.Write(new RemovedSpaceRecord { PendingDisks = pending }, VolumesJson.Default.RemovedSpaceRecord);

        // When this is lost, the deletion is done once more, which changes nothing.
        await _coordination.CommitAsync([new Condition(key, revision)], [new Change(key, document)]);
    }

    // What was removed while a disk was away, or just before the end of the process.
    private async ValueTask<Fault?> DeleteRemovedSpacesAsync()
    {
        var read = await _coordination.ListAsync(RemovedSpaceRecord.Prefix);
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        foreach (var entry in read.Entries)
        {
            var removed = CoordinationJson.Read(entry.Key, entry.Value, VolumesJson.Default.RemovedSpaceRecord);
            if (!removed.IsOk)
                return removed.Fault;
            var space = VolumeRecord.ParseId(entry.Key[RemovedSpaceRecord.Prefix.Length..]);
            await DeleteSpaceAsync(space, removed.Value, entry.ModifiedRevision);
        }

        return null;
    }
}
