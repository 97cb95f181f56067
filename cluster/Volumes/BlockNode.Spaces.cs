using Uss.Coordination;
using Uss.Runtime;

namespace Uss.Volumes;

public sealed partial class BlockNode
{
    private IWatch? _removedWatch;

    /// <summary>Deletes a space that was just removed on all disks at hand; the others do it when they return.</summary>
    internal async ValueTask DeleteSpaceAsync(ulong space)
    {
        _removedSpaces.Add(space);

        // A copy or repair under way would bring the space back.
        await _context.DrainSpaceAsync(space);
        await DeleteOnDisksAsync(space, _disks);
    }

    // Spaces that still are on some disk. They are deleted before anything is compared or copied.
    private async ValueTask<Fault?> LoadRemovedSpacesAsync()
    {
        var read = await _coordination.ListAsync(RemovedSpaceRecord.Prefix);
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        foreach (var entry in read.Entries)
        {
            var space = VolumeRecord.ParseId(entry.Key[RemovedSpaceRecord.Prefix.Length..]);
            _removedSpaces.Add(space);
            await DeleteOnDisksAsync(space, _disks);
        }

        if (_peers is not null)
        {
            _removedWatch = _coordination.Watch(RemovedSpaceRecord.Prefix, read.Revision);
            _reactor.Spawn(FollowRemovedAsync(_removedWatch));
        }

        return null;
    }

    // Other nodes remove volumes too; each deletes what its own disks hold.
    private async ValueTask FollowRemovedAsync(IWatch watch)
    {
        while (!_isClosing)
        {
            foreach (var change in (await watch.NextAsync()).Changes)
            {
                var space = VolumeRecord.ParseId(change.Key[RemovedSpaceRecord.Prefix.Length..]);
                if (change.Value is not null && !_removedSpaces.Contains(space) && !_isClosing)
                    await DeleteSpaceAsync(space);
            }
        }
    }

    private async ValueTask DeleteRemovedSpacesAsync(NodeDisk disk)
    {
        foreach (var space in _removedSpaces.Order().ToList())
            await DeleteOnDisksAsync(space, [disk]);
    }

    private async ValueTask DeleteOnDisksAsync(ulong space, IReadOnlyList<NodeDisk> disks)
    {
        var done = new List<Guid>();
        foreach (var disk in disks.Where(disk => disk.Replica is not null).ToList())
        {
            if (disk.Replica is { } replica && (await replica.DeleteSpaceAsync(space)).IsOk)
                done.Add(replica.DiskId);
        }

        if (done.Count == 0)
            return;

        // When this is lost, the deletion is done once more, which changes nothing.
        for (var status = CommitStatus.Conflict; status == CommitStatus.Conflict;)
        {
            var read = await _coordination.GetAsync(RemovedSpaceRecord.KeyOf(space));
            if (!read.IsAvailable || read.Entries.Count == 0)
                return;
            var entry = read.Entries[0];
            var removed = CoordinationJson.Read(entry.Key, entry.Value, VolumesJson.Default.RemovedSpaceRecord);
            if (!removed.IsOk)
                return;
            var pending = removed.Value.PendingDisks.Except(done).Where(disk => _directory.Find(disk) is not null).ToList();
            var change = new Change(entry.Key, null);
            if (pending.Count > 0)
            {
                var record = new RemovedSpaceRecord { PendingDisks = pending };
                change = change with { Value = CoordinationJson.Write(record, VolumesJson.Default.RemovedSpaceRecord) };
            }

            status = (await _coordination.CommitAsync([new Condition(entry.Key, entry.ModifiedRevision)], [change])).Status;
        }
    }
}
