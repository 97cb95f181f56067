using Uss.Replication;
using Uss.Store;

namespace Uss.Simulation.Cluster;

/// <summary>The end: everything works again, and everything must converge.</summary>
public sealed partial class ClusterScenario
{
    private const long LookNs = 100 * NsPerMs;

    private bool _isHealing;

    private void Heal()
    {
        _isHealing = true;
        _undos.Clear();
        NoticeRemovals();
        World.Network.Heal();
        foreach (var node in _nodes)
        {
            HealCoordination(node);
            World.Thaw(node.Reactor);
            foreach (var disk in node.Disks)
                disk.Faults.Clear();
            if (node.IsStopped)
                Kill(node, isPowerCut: false);
            if (!node.IsUp)
                node.Start();
        }

        _away.Clear();
        ReplaceLost();
        Require(World.RunUntil(() => _volumes.TrueForAll(volume => volume.IsDone), LongNs), "all initiators come to an end");
        Require(BecomesHealthy(), $"all groups come to have all copies: {Describe()}");
        if (_nodes.Exists(node => node.Node!.Counters.MembersSubstituted > 0))
            Reached("runs with copies in the place of missing ones");
        if (_nodes.Exists(node => node.Node!.Counters.GroupsResigned > 0))
            Reached("runs with primaries that resigned");
        FinishAdministration();
        foreach (var volume in _volumes)
        {
            volume.SettleFailed(World.NowNs);
            foreach (var node in _nodes)
                World.Run(node.Reactor, () => volume.ReadAllAsync(node), LongNs);
            var violation = volume.History.FindViolation((block, history) => Amend(volume, block, history));
            Require(violation is null, $"{volume.Name}: {violation}");
            if (volume.GivenUp > 0)
                Reached("runs with requests given up");
        }

        World.RunFor(3_000 * NsPerMs);
        Require(BecomesHealthy(), $"the cluster stays healthy: {Describe()}");
        Require(LeftoversGo(), "what groups left behind is purged");
        AwaitScrubs();
        CompareCopies();
        ScrubAll();
        CompareCopies();
        RequireNothingOnRemovedDisks();
        Reached("copies compared");
        if (_nodes[0].Node!.Pools.Any(pool => pool.Record.Groups > pool.Record.FirstGroups))
            Reached("runs with split pools");
        foreach (var node in _nodes)
        {
            World.Run(node.Reactor, () => node.Node!.CloseAsync(), LongNs);
            Require(node.Reactor.Buffers.RentedBuffers == 0, $"a closed node holds no buffers, but {node.Reactor.Buffers.RentedBuffers}");
        }
    }

    // Looking costs far more than an event, so it is done now and then.
    private bool BecomesHealthy()
    {
        for (var waitedNs = 0L; waitedNs < LongNs; waitedNs += LookNs)
        {
            NoticeRemovals();
            if (IsHealthy())
                return true;
            GiveFailedDisks();
            World.RunFor(LookNs);
        }

        return false;
    }

    private bool IsHealthy() =>
        _disksGiven.Count == 0 && _nodes.TrueForAll(IsConnected) && AreSplitsDone() && Primaries().All(group => group.Serving is { } serving
        && serving.InSync.Count() == group.Copies
        && serving.InSync.Order().SequenceEqual(serving.Row.Order())
        && serving.Joining is null);

    private bool LeftoversGo()
    {
        for (var waitedNs = 0L; waitedNs < LongNs; waitedNs += LookNs)
        {
            if (!HasLeftovers())
                return true;
            Reached("leftovers to purge");
            World.RunFor(LookNs);
        }

        return false;
    }

    private bool HasLeftovers()
    {
        var groups = Primaries().ToDictionary(group => group.Id, group => group.Serving);
        var pools = _nodes[0].Node!.Pools.ToDictionary(pool => pool.Record.Id);
        return _nodes.SelectMany(node => node.Stores.Values).Any(store => store.ListChangedSince(0).Any(summary =>
            summary.PresentBlocks > 0
            && groups.GetValueOrDefault(pools[SpaceId.PoolOf(summary.Id.Space)].GroupOf(summary.Id).Id) is { } group
            && !group.InSync.Contains(store.DiskId)));
    }

    private string Describe() => string.Join("; ", Primaries()
        .Where(group => group.Serving is not { } serving || serving.InSync.Count() != group.Copies)
        .Take(3)
        .Select(group => $"{group.Id} has record {Describe(group.Record)} and is "
            + string.Join(", ", _nodes.Select(node => $"{SideOf(node, group.Id)?.State} on {node.Name}")))
        .Concat(Primaries()
            .Where(group => group.Serving is { } serving && !serving.InSync.Order().SequenceEqual(serving.Row.Order())).Take(3)
            .Select(group => $"{group.Id} has record {Describe(group.Record)}, not {string.Join(' ', group.Serving!.Row.Select(NameOf))}"))
        .Concat(_nodes.Where(node => !IsConnected(node)).Select(node => $"{node.Name} is not connected"))
        .Concat(_disksGiven.Select(disk => $"{disk.Path} is being given"))
        .Append(AreSplitsDone() ? "" : "groups are being split: " + string.Join(", ", DescribeSplits())));

    private static PlacementGroup? SideOf(ClusterNode node, PlacementGroupId id) =>
        node.Node?.Pools.FirstOrDefault(pool => pool.Record.Id == id.Pool)?.Find(id.Index);

    private string Describe(GroupRecord? record) => record is null
        ? "none"
        : $"{record.Epoch} with primary {NameOf(record.Primary)} in sync {string.Join(' ', record.InSync.Select(NameOf))}";

    private string NameOf(Guid disk) =>
        _nodes.SelectMany(node => node.Stores).FirstOrDefault(entry => entry.Value.DiskId == disk).Key?.Path ?? disk.ToString();

    // The primary's side of every group; null where nobody serves it, or where one more still thinks that it does.
    private IEnumerable<(PlacementGroupId Id, int Copies, PlacementGroup? Serving, GroupRecord? Record)> Primaries()
    {
        var pools = _nodes[0].Node?.Pools ?? [];
        foreach (var pool in pools)
        {
            foreach (var group in pool.Groups)
            {
                var serving = _nodes.Select(node => SideOf(node, group.Id)).Where(side => side?.State == GroupState.Active).ToList();
                yield return (group.Id, pool.Record.Copies, serving.Count == 1 ? serving[0] : null, group.Record);
            }
        }
    }

    /// <summary>Every object lies on exactly the disks of its group, with equal blocks.</summary>
    private void CompareCopies()
    {
        var groups = Primaries().ToDictionary(group => group.Id, group => group.Serving!);
        var copies = new Dictionary<ObjectId, Dictionary<Guid, BlockDescription[]>>();
        foreach (var node in _nodes)
        {
            foreach (var store in node.Stores.Values)
                World.Run(node.Reactor, () => CollectAsync(store, copies), LongNs);
        }

        RequireNothingOfRemovedVolumes(copies.Keys);
        foreach (var (id, held) in copies)
        {
            var pool = _nodes[0].Node!.Pools.First(pool => pool.Record.Id == SpaceId.PoolOf(id.Space));
            var group = groups[pool.GroupOf(id).Id];
            Require(!held.Keys.Except(group.InSync).Any(), $"{id} lies only where it belongs");
            var nothing = new BlockDescription[StoreUnits.BlocksPerObject];
            var first = held.GetValueOrDefault(group.InSync.First(), nothing);
            foreach (var member in group.InSync)
                RequireEqual(id, group.InSync.First(), first, member, held.GetValueOrDefault(member, nothing));
        }
    }

    private static async ValueTask CollectAsync(ObjectStore store, Dictionary<ObjectId, Dictionary<Guid, BlockDescription[]>> copies)
    {
        var report = await store.VerifyAsync();
        Require(report.IsSound, $"{store.DiskId} is consistent: {report}");
        foreach (var summary in store.ListChangedSince(0).Where(summary => summary.PresentBlocks > 0))
        {
            var blocks = new BlockDescription[StoreUnits.BlocksPerObject];
            Require((await store.DescribeAsync(summary.Id, 0, blocks)).IsOk, "sound objects can be described");
            if (!copies.TryGetValue(summary.Id, out var held))
                copies[summary.Id] = held = [];
            held[store.DiskId] = blocks;
        }
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
}
