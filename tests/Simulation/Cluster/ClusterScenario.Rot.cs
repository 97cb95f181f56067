using Uss.Runtime.Simulated;
using Uss.Store;

namespace Uss.Simulation.Cluster;

/// <summary>
/// Disks that lose what they were given, in their data zone: bits rot, sectors become unreadable, writes are acknowledged and
/// dropped or land elsewhere. One disk a run, so that another copy is always good.
/// </summary>
public sealed partial class ClusterScenario
{
    private bool _isSpoiled;

    // Once in a run, when half of it is over. What is spoiled then lives with all that goes wrong afterwards.
    private void SpoilHalfway()
    {
        if (_isSpoiled || _rottingDisk is not { } disk || _requests < Ticks / 2)
            return;
        _isSpoiled = true;
        for (var looks = 0; looks < 100 && !IsQuiet(); looks++)
            RunAndUndo(LookNs);

        // A crash tells acknowledged writes from others by their data until a barrier vouches for them.
        RunAndUndo(LookNs);
        if (!IsQuiet())
            return;
        if (IsRare(2))
            LieAboutWrites(disk);
        if (IsQuiet())
            Rot(disk);
    }

    private bool IsQuiet() => _away.Count == 0 && IsHealthy();

    private long DataStartOf(SimulatedDisk disk) =>
        _nodes.Find(node => node.Stores.ContainsKey(disk))?.Stores[disk].Core.Geometry.DataStart ?? long.MaxValue;

    private void LieAboutWrites(SimulatedDisk disk)
    {
        var start = DataStartOf(disk);
        var isLost = IsRare(2);
        disk.Faults.AppliesTo = (offset, _) => offset >= start;
        disk.Faults.LostWrite = isLost ? 0.5 : 0;
        disk.Faults.MisdirectedWrite = isLost ? 0 : 0.5;
        Reached(isLost ? "writes lost" : "writes misdirected");
        Burst();
        RunAndUndo(LookNs);
        disk.Faults.AppliesTo = null;
        disk.Faults.LostWrite = disk.Faults.MisdirectedWrite = 0;
        RunAndUndo(LookNs);
    }

    private void Rot(SimulatedDisk disk)
    {
        var start = DataStartOf(disk);
        for (var count = 1 + Crashes.Next(16); count > 0; count--)
        {
            var offset = disk.WrittenPageOffset(Crashes.Next(disk.WrittenPages));
            if (offset < start)
                continue;
            if (IsRare(2))
            {
                Reached("bits flipped");
                disk.FlipBit(offset + Crashes.Next(StoreUnits.BlockBytes), Crashes.Next(8));
            }
            else
            {
                Reached("sectors broken");
                disk.BreakSectors(offset, 512);
            }
        }
    }

    // An operator asks for a scrub while everything goes on.
    private void RequestScrub(ClusterNode node)
    {
        if (node is not { IsUp: true, Node: { } running, Reactor.IsFrozen: false })
            return;
        Reached("scrubs under faults");
        World.Start(node.Reactor, async () => (await running.RequestScrubAsync(null, null)).IsOk);
    }

    // What was asked for under faults: it still repairs, and its results may not have come to all nodes.
    private void AwaitScrubs()
    {
        bool IsDone(ClusterNode node) => node.Node!.DescribeScrubs().All(scrub => scrub is { IsDue: false, Running: null });
        for (var waitedNs = 0L; !_nodes.TrueForAll(IsDone); waitedNs += LookNs)
        {
            Require(waitedNs < LongNs, "scrubs that were asked for come to their end");
            World.RunFor(LookNs);
        }
    }

    /// <summary>Spoils a disk, has everything scrubbed, and requires that every copy on every disk can be read then.</summary>
    private void ScrubAll()
    {
        var disks = _nodes.SelectMany(node => node.Disks).ToList();
        Rot(_rottingDisk is { } rotting && disks.Contains(rotting) ? rotting : disks[Crashes.Next(disks.Count)]);
        var asked = _nodes[Crashes.Next(_nodes.Count)];
        var known = asked.Node!.DescribeScrubs().ToDictionary(scrub => scrub.Group, scrub => scrub.Last?.Request ?? 0);
        if (known.Values.Any(request => request > 0))
            Reached("groups scrubbed under faults");
        var requested = World.Run(asked.Reactor, () => asked.Node!.RequestScrubAsync(null, null), LongNs);
        Require(requested.IsOk, $"a scrub can be asked for: {requested.Fault}");
        var scrubs = asked.Node!.DescribeScrubs();
        for (var waitedNs = 0L; scrubs.Any(scrub => !(scrub.Last?.Request > known.GetValueOrDefault(scrub.Group))); waitedNs += LookNs)
        {
            Require(waitedNs < LongNs, "a scrub comes to its end");
            World.RunFor(LookNs);
            scrubs = asked.Node!.DescribeScrubs();
        }

        foreach (var last in scrubs.Select(scrub => scrub.Last!))
        {
            var isGood = (last.Outdated, last.Unrepairable) == (0, 0) && last.Repaired == last.Damaged;
            Require(isGood, $"a scrub repairs what is damaged and finds nothing else: {last}");
            if (last.Repaired > 0)
                Reached("groups repaired by a scrub");
        }

        foreach (var node in _nodes)
        {
            foreach (var store in node.Stores.Values)
                World.Run(node.Reactor, () => ReadAllCopiesAsync(store), LongNs);
        }
    }

    private static async ValueTask ReadAllCopiesAsync(ObjectStore store)
    {
        const int span = 256;
        var buffer = Runtime.Reactor.Current.Buffers.Rent(span * StoreUnits.BlockBytes);
        foreach (var summary in store.ListChangedSince(0).Where(summary => summary.PresentBlocks > 0))
        {
            for (var first = 0; first < StoreUnits.BlocksPerObject; first += span)
            {
                var read = await store.ReadAsync(summary.Id, first, buffer.Slice(0, span * StoreUnits.BlockBytes));
                Require(read.IsOk, $"{summary.Id} on {store.DiskId} can be read after a scrub, but for {read}");
            }
        }

        buffer.Release();
    }
}
