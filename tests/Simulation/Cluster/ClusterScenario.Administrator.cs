using Uss.Placement;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Volumes;

namespace Uss.Simulation.Cluster;

/// <summary>
/// What an administrator does meanwhile: drains disks and nodes and takes that back, removes them once they are empty or tries it
/// earlier, replaces disks, and stops nodes that are in maintenance. Any node is asked, and may die in the middle of it.
/// </summary>
public sealed partial class ClusterScenario
{
    private readonly List<Drain> _drains = [];
    private readonly HashSet<ClusterNode> _maintained = [];

    // Its own random numbers: runs without an administrator are what they would be if there were none.
    private SeededRandom _administrator = null!;
    private bool _hasAdministrator;

    private void ChooseAdministrator()
    {
        _administrator = World.Stream("administrator");
        _hasAdministrator = _administrator.Next(3) != 0 && !isForced;
    }

    private void AdministerNowAndThen()
    {
        if (!_hasAdministrator)
            return;
        NoticeRemovals();
        if (_administrator.Next(6) != 0)
            return;
        var asked = _nodes[_administrator.Next(_nodes.Count)];
        if (!asked.IsAtWork)
            return;
        switch (_administrator.Next(12))
        {
            case 0 or 1:
                StartDrain(asked, ChooseDisk());
                break;
            case 2:
                StartDrain(asked, new Drain(ChooseNode(), null));
                break;
            case 3 when _drains.Count > 0:
                TakeBack(asked, _drains[_administrator.Next(_drains.Count)]);
                break;
            case 4 or 5 or 6 or 7 when _drains.Count > 0:
                TryToRemove(asked, _drains[_administrator.Next(_drains.Count)]);
                break;
            case 8:
                TryToRemove(asked, _administrator.Next(3) == 0 ? new Drain(ChooseNode(), null) : ChooseDisk());
                break;
            case 9:
                ReplaceDisk(ChooseDisk());
                break;
            case 10 or 11:
                Maintain(asked, ChooseNode());
                break;
        }
    }

    private ClusterNode ChooseNode() => _nodes[_administrator.Next(_nodes.Count)];

    private Drain? ChooseDisk()
    {
        var node = ChooseNode();
        return node.Disks.Count == 0 ? null : new Drain(node, node.Disks[_administrator.Next(node.Disks.Count)]);
    }

    private void Command(ClusterNode asked, Func<BlockNode, ValueTask<Fault?>> command, Action<Fault?> answered)
    {
        var running = asked.Node!;
        World.Start(asked.Reactor, async () =>
        {
            var fault = await command(running);
            World.Trace?.Invoke($"{World.NowNs} administrator at {asked.Name}: {fault?.Code ?? "done"} {fault?.Message}");
            answered(fault);
            return true;
        });
    }

    // As the management interface does: it refuses what some pool has no room for. Two administrators that act at once can do it all
    // the same, so now and then it is not asked.
    private void StartDrain(ClusterNode asked, Drain? drain)
    {
        if (drain is null || _drains.Exists(other => other.IsSameAs(drain)))
            return;
        if (IsRefused(asked.Node!, drain))
        {
            Reached("drains refused");
            if (_administrator.Next(3) != 0)
                return;
        }

        World.Trace?.Invoke($"{World.NowNs} administrator drains {drain}");
        _drains.Add(drain);
        Command(asked, node => drain.SetAsync(node, true), fault =>
        {
            if (fault is null)
                Reached(drain.Disk is null ? "nodes drained" : "disks drained");
        });
    }

    private static bool IsRefused(BlockNode node, Drain drain) =>
        Plan(node, drain).Any(plan => plan.Broken is not null || plan.Solved.StuckCopies > 0 || plan.Solved.ShortRows > 0);

    // What the drain would do to each pool.
    private static IEnumerable<(PlacementFault? Broken, PlacementPlan Solved)> Plan(BlockNode node, Drain drain)
    {
        var topology = new Topology(node.Topology.Disks.Select(disk =>
            drain.Holds(disk.Id) ? disk with { State = Uss.Placement.DiskState.Draining } : disk));
        foreach (var pool in node.Pools)
        {
            var policy = pool.Record.ToPolicy() with { Groups = pool.Map.Groups };
            yield return (PlacementRules.Check(topology, policy), PlacementSolver.Solve(topology, policy, pool.Map));
        }
    }

    private void TakeBack(ClusterNode asked, Drain drain) => Command(asked, node => drain.SetAsync(node, false), fault =>
    {
        if (fault is null && _drains.Remove(drain))
            Reached("drains taken back");
    });

    private void TryToRemove(ClusterNode asked, Drain? drain)
    {
        if (drain is null)
            return;
        World.Trace?.Invoke($"{World.NowNs} administrator removes {drain}");
        Command(asked, drain.RemoveAsync, fault =>
        {
            if (fault?.Code == "copies-in-use")
                Reached("removals refused");
            else if (fault is null)
                Reached(drain.Disk is null ? "nodes removed under faults" : "disks removed under faults");
        });
    }

    private void ReplaceDisk(Drain? old)
    {
        if (old is not { Node: { IsAtWork: true, Disks.Count: < 4 } node, Disk: { } disk } || _away.Contains(node)
            || _drains.Exists(other => other.IsSameAs(old)))
            return;
        Reached("disks replaced");
        var added = AddDisk(node, _administrator);
        _drains.Add(old);
        GiveDisk(node, added, node.IdOf(disk));
    }

    private void Maintain(ClusterNode asked, ClusterNode node)
    {
        if (_maintained.Contains(node))
        {
            Command(asked, running => running.SetMaintenanceAsync(node.Name, false), fault =>
            {
                if (fault is null && _maintained.Remove(node))
                    Reached("maintenance ended");
            });
            return;
        }

        _maintained.Add(node);
        Command(asked, running => running.SetMaintenanceAsync(node.Name, true), fault =>
        {
            if (fault is null)
                Reached("maintenance begun");
        });
        Later(DurationOf(_administrator) / 4, () => StopForAWhile(node));
    }

    private void StopForAWhile(ClusterNode node)
    {
        if (!_nodes.Contains(node) || !node.IsAtWork || !CanLose(node))
            return;
        Reached("nodes stopped in maintenance");
        _away.Add(node);
        node.Stop();

        // It may not come to its end in time; then whatever runs services kills it.
        Later(DurationOf(_administrator), () =>
        {
            if (node.IsUp)
                Kill(node, isPowerCut: false);
        });
        Later(DurationOf(_administrator) + (8_000 * NsPerMs), () =>
        {
            if (node.IsUp)
                Kill(node, isPowerCut: false);
            Restart(node);
        });
    }

    private static long DurationOf(SeededRandom random) => 1 + random.Next(NsPerMs << random.Next(14));

    /// <summary>A disk, or a node with all of its disks, that is to give up what it holds.</summary>
    private sealed record Drain(ClusterNode Node, SimulatedDisk? Disk)
    {
        public bool IsSameAs(Drain other) => Node == other.Node && Disk == other.Disk;

        public bool Holds(Guid id) => Disk is null ? Node.Disks.Exists(disk => Node.IdOf(disk) == id) : Node.IdOf(Disk) == id;

        public ValueTask<Fault?> SetAsync(BlockNode asked, bool isDraining) => Disk is null
            ? asked.DrainNodeAsync(Node.Name, isDraining)
            : asked.DrainDiskAsync(Node.IdOf(Disk), isDraining);

        public ValueTask<Fault?> RemoveAsync(BlockNode asked) =>
            Disk is null ? asked.RemoveNodeAsync(Node.Name) : asked.RemoveDiskAsync(Node.IdOf(Disk));

        public override string ToString() => Disk?.Path ?? Node.Name;
    }
}
