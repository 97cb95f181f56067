using Uss.Runtime;

namespace Uss.Simulation.Cluster;

/// <summary>Pools whose groups are split, by themselves as disks are added and by any node at any time.</summary>
public sealed partial class ClusterScenario
{
    // Their own random numbers: runs without splits are what they would be if there were none.
    private SeededRandom _splits = null!;
    private bool _hasSplits;

    // Copies of groups a disk below which a pool is split by itself.
    private int ChooseSplits()
    {
        _splits = World.Stream("splits");
        _hasSplits = _splits.Next(4) != 0;
        return _hasSplits && _splits.Next(2) == 0 ? 1 << _splits.Next(5) : 0;
    }

    // As the process of some node decides; now and then one dies or stands still in the middle of it.
    private void SplitNowAndThen()
    {
        if (!_hasSplits || _splits.Next(16) != 0)
            return;
        var node = _nodes[_splits.Next(_nodes.Count)];
        if (node is not { IsUp: true, Reactor.IsFrozen: false, Node: { } running } || running.Pools.Count == 0)
            return;
        var pool = running.Pools.ElementAt(_splits.Next(running.Pools.Count));
        if (pool.Record.Groups > 32 || !pool.CanSplit)
            return;
        World.Start(node.Reactor, async () =>
        {
            if (await running.SplitPoolAsync(pool.Record.Id) is null)
                Reached("pools split");
            return true;
        });
        if (_splits.Next(2) != 0)
            return;
        var victim = _nodes[_splits.Next(_nodes.Count)];
        var isFrozen = _splits.Next(3) == 0;
        Later(1 + _splits.Next(NsPerMs << _splits.Next(8)), () =>
        {
            if (!CanLose(victim) || victim.Reactor.IsFrozen)
                return;
            Reached("processes lost while groups are split");
            if (isFrozen)
                Freeze(victim);
            else
                KillAndRestart(victim, isPowerCut: false);
        });
    }

    // Every node knows that every group is one of as many as its pool has.
    private bool AreSplitsDone() => _nodes.TrueForAll(node => node.Node is { } running
        && running.Pools.All(pool => !pool.IsSplitting
            && pool.Record.Groups == _nodes[0].Node?.Pools.FirstOrDefault(other => other.Record.Id == pool.Record.Id)?.Record.Groups));

    private IEnumerable<string> DescribeSplits() => _nodes.SelectMany(
        node => node.Node?.Pools ?? [],
        (node, pool) => $"{node.Name} has {pool.Groups.Count} of {pool.Record.Groups}, behind are "
            + string.Join(' ', pool.Groups.Where(part => part.Groups < pool.Record.Groups)
                .Select(part => $"{part.Id} of {part.Groups} {part.State} {Describe(part.Record)}")));
}
