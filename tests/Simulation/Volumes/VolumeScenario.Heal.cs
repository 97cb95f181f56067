using Uss.Replication;
using Uss.Store;
using Uss.Volumes;

namespace Uss.Simulation.Volumes;

/// <summary>The end: everything works again, and everything must converge.</summary>
public sealed partial class VolumeScenario
{
    private void Heal()
    {
        HealCoordination();
        if (_isVictimAway)
            ReturnVictim();
        Require(World.RunUntil(() => _volumes.TrueForAll(volume => volume.IsDone) && !_isResizing, LongNs), "all clients come to an end");
        AwaitHealth();
        foreach (var volume in _volumes)
            World.Run(_reactor, volume.ReadAllAsync, LongNs);
        Require(World.RunUntil(() => IsHealthy() && _node.Status.PendingRepairs == 0, LongNs), "repairs come to an end");
        foreach (var volume in _volumes)
        {
            var violation = volume.History.FindViolation();
            Require(violation is null, $"{volume.Name}: {violation}");
        }

        // Restarted once more, so that what memory knew does not count, and so that strays are found.
        StopAndStart();
        Require(World.RunUntil(IsHealthy, LongNs), "all groups come to have all copies after a restart");
        World.RunFor(30_000 * NsPerMs);
        World.Run(_reactor, CompareCopiesAsync, LongNs);
        World.Run(_reactor, RemoveVolumesAsync, LongNs);
        Require(World.RunUntil(() => _stores.TrueForAll(store => store!.Statistics.UsedBytes == 0), LongNs), "removed volumes leave nothing");
        World.Run(_reactor, VerifyStoresAsync, LongNs);
        World.Run(_reactor, () => _node.CloseAsync(), LongNs);
        Require(_reactor.Buffers.RentedBuffers == 0, $"a closed node holds no buffers, but {_reactor.Buffers.RentedBuffers}");
        Require(_disks.TrueForAll(disk => !disk.IsLocked), "a closed node has closed its disks");
    }

    /// <summary>A disk that failed while it served is given back by an administrator, perhaps more than once.</summary>
    private void AwaitHealth()
    {
        for (var attempt = 0; attempt < 60 && !World.RunUntil(IsHealthy, LongNs / 60); attempt++)
        {
            Reached("disks given back at the end");
            foreach (var disk in _node.Disks.Where(disk => disk.State == DiskState.Failed).ToList())
                ReturnDisk(_disks.Find(candidate => candidate.Path == disk.Name)!);
        }

        Require(IsHealthy(), $"all groups come to have all copies: {_node.Status}");
    }

    private bool IsHealthy()
    {
        var status = _node.Status;
        return _disksReturning == 0 && status.HealthyGroups == status.Groups && status.ResyncingGroups == 0
            && _node.Pools.All(pool => !pool.IsSplitting)
            && _node.Disks.All(disk => disk.State != DiskState.Failed);
    }

    /// <summary>Every object lies on exactly the disks of its group, with equal blocks.</summary>
    private async ValueTask CompareCopiesAsync()
    {
        await VerifyStoresAsync();
        var first = new Dictionary<ObjectId, (Guid Disk, BlockDescription[] Blocks)>();
        foreach (var store in _stores)
        {
            var present = 0L;
            foreach (var summary in store!.ListChangedSince(0))
            {
                present += summary.PresentBlocks;
                var pool = _node.Pools.First(candidate => candidate.Record.Id == SpaceId.PoolOf(summary.Id.Space));
                var group = pool.GroupOf(summary.Id);
                var isMember = group.InSync.Contains(store.DiskId);
                Require(isMember || summary.PresentBlocks == 0, $"{summary.Id} lies on disk {store.DiskId}, which has no part in {group.Id}");
                if (!isMember)
                    continue;
                var blocks = new BlockDescription[StoreUnits.BlocksPerObject];
                Require((await store.DescribeAsync(summary.Id, 0, blocks)).IsOk, "sound objects can be described");
                if (first.TryAdd(summary.Id, (store.DiskId, blocks)))
                    continue;
                RequireEqual(summary.Id, first[summary.Id].Disk, first[summary.Id].Blocks, store.DiskId, blocks);
                first.Remove(summary.Id);
            }

            Require(
                store.Statistics.UsedBytes == present * StoreUnits.BlockBytes,
                $"disk {store.DiskId} uses {store.Statistics.UsedBytes} bytes for {present} blocks");
        }

        // What has no second copy belongs to a volume with one, or holds nothing.
        foreach (var (id, (disk, blocks)) in first)
        {
            var copies = _node.Pools.First(candidate => candidate.Record.Id == SpaceId.PoolOf(id.Space)).Record.Copies;
            Require(copies == 1 || !Array.Exists(blocks, block => block.IsPresent), $"{id} lies on disk {disk} only");
        }

        Reached("copies compared");
    }

    private static void RequireEqual(ObjectId id, Guid one, BlockDescription[] ones, Guid other, BlockDescription[] others)
    {
        for (var block = 0; block < ones.Length; block++)
        {
            // Copies need not agree on the version of nothing.
            var isEqual = ones[block].IsPresent == others[block].IsPresent && (!ones[block].IsPresent || ones[block] == others[block]);
            Require(isEqual, $"{id} block {block} is {ones[block]} on {one} and {others[block]} on {other}");
        }
    }

    private async ValueTask VerifyStoresAsync()
    {
        foreach (var store in _stores)
        {
            var report = await store!.VerifyAsync();
            Require(report.IsSound, $"{store.DiskId} is consistent: {report}");
        }
    }

    private async ValueTask RemoveVolumesAsync()
    {
        foreach (var volume in _volumes)
        {
            var fault = await _node.Volumes.RemoveAsync(volume.Name);
            Require(fault is null, $"a volume can be removed: {fault}");
        }
    }
}
