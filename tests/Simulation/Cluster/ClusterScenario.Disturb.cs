using Uss.Runtime;

namespace Uss.Simulation.Cluster;

/// <summary>What goes wrong, and for how long. Mostly one machine at a time is away, now and then several or all.</summary>
public sealed partial class ClusterScenario
{
    private readonly PriorityQueue<Action, long> _undos = new();
    private readonly HashSet<ClusterNode> _away = [];

    private bool IsRare(int oneOf) => Crashes.Next(oneOf) == 0;

    // From a millisecond to beyond all periods of leases, graces and patience.
    private long DurationNs() => 1 + Crashes.Next(NsPerMs << Crashes.Next(14));

    private void Later(long delayNs, Action undo) => _undos.Enqueue(undo, World.NowNs + delayNs);

    private void RunAndUndo(long durationNs)
    {
        var untilNs = World.NowNs + durationNs;
        while (_undos.TryPeek(out var undo, out var atNs) && atNs <= untilNs)
        {
            World.RunFor(Math.Max(atNs - World.NowNs, 0));
            _undos.Dequeue();
            undo();
            Burst();
        }

        World.RunFor(Math.Max(untilNs - World.NowNs, 0));
    }

    private void Burst() => _burst = Crashes.Next(1 + (Ticks / 16));

    private void Disturb()
    {
        SplitNowAndThen();
        AdministerNowAndThen();
        var node = _nodes[Crashes.Next(_nodes.Count)];
        switch (Crashes.Next(40))
        {
            case 0 or 1 when CanLose(node):
                KillAndRestart(node, isPowerCut: false);
                break;
            case 2 when CanLose(node):
                KillAndRestart(node, isPowerCut: true);
                break;
            case 3 or 4 when CanLose(node):
                Freeze(node);
                break;
            case 5 or 6 when CanLose(node):
                CutOff(node);
                break;
            case 7 or 8:
                CutLinks(node);
                break;
            case 9 or 10:
                Reached("connections reset");
                World.Network.Reset(node.Host);
                break;
            case 11:
                SlowLinks(node);
                break;
            case 12 or 13:
                LoseCoordination(IsRare(3) ? _nodes : [node]);
                break;
            case 14 or 15:
                SlowCoordination(IsRare(3) ? _nodes : [node]);
                break;
            case 16:
                DisturbDisk(node);
                break;
            case 19 or 20 when CanLose(node):
                Waver(node);
                break;
            case 21 when IsRare(3):
                RequestScrub(node);
                break;
            case 22 when IsRare(3):
                LetVolumePass(node);
                break;
            case 17 when IsRare(6):
                CutAllPower();
                break;
            case 18 when IsRare(4):
                Grow(node);
                break;
            default:
                return;
        }

        Burst();
    }

    // The safety of acknowledged data does not depend on how many are away; that work goes on does.
    private bool CanLose(ClusterNode node) =>
        !_away.Contains(node) && node.IsUp && (_away.Count == 0 || (_away.Count == 1 ? IsRare(3) : IsRare(10)));

    private void KillAndRestart(ClusterNode node, bool isPowerCut)
    {
        Reached(isPowerCut ? "power cuts" : "processes killed");
        if (_away.Count > 0)
            Reached("several nodes away at once");
        _away.Add(node);
        Kill(node, isPowerCut);
        Later(DurationNs(), () => Restart(node));
    }

    private void Kill(ClusterNode node, bool isPowerCut)
    {
        node.Kill(isPowerCut);
        _disksGiven.ExceptWith(node.Disks);
    }

    private void Restart(ClusterNode node)
    {
        if (node.IsUp || IsLost(node))
            return;
        node.Start();
        if (IsRare(4))
        {
            Later(1 + Crashes.Next(NsPerMs << Crashes.Next(6)), () => KillAgain(node));
            return;
        }

        _away.Remove(node);
    }

    private void KillAgain(ClusterNode node)
    {
        if (IsLost(node))
            return;
        Reached(node.Node is null ? "starts interrupted" : "killed soon after a start");
        Kill(node, IsRare(2));
        Later(DurationNs() / 8, () => Restart(node));
    }

    private void CutAllPower()
    {
        Reached("power cuts of all nodes");
        foreach (var node in _nodes)
        {
            _away.Add(node);
            Kill(node, isPowerCut: true);
            Later(DurationNs(), () => Restart(node));
        }
    }

    private void Freeze(ClusterNode node)
    {
        Reached("processes frozen");
        _away.Add(node);
        var process = node.Reactor;
        World.Freeze(process);

        // Now and then until long after every initiator has given up and gone on elsewhere.
        Later(IsRare(3) ? 4_000 * NsPerMs + Crashes.Next(12_000 * NsPerMs) : DurationNs(), () =>
        {
            World.Thaw(process);
            _away.Remove(node);
        });
    }

    private void CutOff(ClusterNode node)
    {
        Reached("nodes cut off");
        _away.Add(node);
        var direction = Crashes.Next(4);
        foreach (var other in _nodes)
            CutLink(node, other, direction, true);
        node.Coordination.IsDown = IsRare(2);
        Later(DurationNs(), () =>
        {
            foreach (var other in _nodes)
                CutLink(node, other, direction, false);
            node.Coordination.IsDown = false;
            _away.Remove(node);
        });
    }

    // Away for about as long as a promise lasts, and slow to hear of what was decided meanwhile, while that takes its time.
    private void Waver(ClusterNode node)
    {
        Reached("nodes back in the middle of a takeover");
        _away.Add(node);
        foreach (var other in _nodes)
        {
            CutLink(node, other, 0, true);
            other.Coordination.MaximumCommitNs = 1_500 * NsPerMs;
        }

        node.Coordination.IsDown = true;
        Later(2_000 * NsPerMs + Crashes.Next(1_000 * NsPerMs), () =>
        {
            foreach (var other in _nodes)
                CutLink(node, other, 0, false);
            _away.Remove(node);
        });
        Later(6_000 * NsPerMs, () => _nodes.ForEach(HealCoordination));
    }

    private void CutLinks(ClusterNode node)
    {
        Reached("links cut");
        var other = _nodes[Crashes.Next(_nodes.Count)];
        var direction = Crashes.Next(4);
        CutLink(node, other, direction, true);
        Later(DurationNs(), () => CutLink(node, other, direction, false));
    }

    // One way, the other, or both.
    private void CutLink(ClusterNode one, ClusterNode other, int direction, bool isBlocked)
    {
        if (one == other)
            return;
        if (direction != 1)
            World.Network.Link(one.Host, other.Host).IsBlocked = isBlocked;
        if (direction != 2)
            World.Network.Link(other.Host, one.Host).IsBlocked = isBlocked;
    }

    private void SlowLinks(ClusterNode node)
    {
        if (IsRare(2))
        {
            NarrowLinks(node);
            return;
        }

        Reached("links slow");
        var slowNs = NsPerMs << Crashes.Next(11);
        SetDelay(node, slowNs);
        Later(DurationNs(), () => SetDelay(node, 200_000));
    }

    // Wide enough for questions and answers, not for data: the node is neither dead nor able to serve.
    private void NarrowLinks(ClusterNode node)
    {
        Reached("links narrow");
        SetRate(node, 4_000 << Crashes.Next(6));
        Later(DurationNs() + Crashes.Next(20_000 * NsPerMs), () => SetRate(node, 0));
    }

    private void SetRate(ClusterNode node, long bytesPerSecond)
    {
        foreach (var other in _nodes)
            World.Network.Link(node.Host, other.Host).BytesPerSecond = bytesPerSecond;
    }

    private void SetDelay(ClusterNode node, long longestNs)
    {
        foreach (var other in _nodes)
        {
            World.Network.Link(node.Host, other.Host).LongestDelayNs = longestNs;
            World.Network.Link(other.Host, node.Host).LongestDelayNs = longestNs;
        }
    }

    private void LoseCoordination(List<ClusterNode> nodes)
    {
        Reached(nodes.Count > 1 ? "coordination outages" : "coordination outages of one node");
        foreach (var node in nodes)
            node.Coordination.IsDown = true;
        Later(DurationNs(), () => nodes.ForEach(HealCoordination));
    }

    private void SlowCoordination(List<ClusterNode> nodes)
    {
        Reached("coordination slow");
        foreach (var node in nodes)
        {
            node.Coordination.MaximumDelayNs = NsPerMs << Crashes.Next(11);
            node.Coordination.MaximumCommitNs = IsRare(2) ? NsPerMs << Crashes.Next(11) : 0;
            node.Coordination.LostAnswers = IsRare(3) ? 0.2 : 0;
            node.Coordination.WatchGaps = IsRare(3) ? 0.3 : 0;
        }

        if (IsRare(4))
            _state.Compact(_state.Revision);
        Later(DurationNs(), () => nodes.ForEach(HealCoordination));
    }

    private static void HealCoordination(ClusterNode node)
    {
        node.Coordination.IsDown = false;
        node.Coordination.LostAnswers = 0;
        node.Coordination.WatchGaps = 0;
        node.Coordination.MaximumDelayNs = 0;
        node.Coordination.MaximumCommitNs = 0;
    }

    // A new node, or a new disk of one that is there.
    private void Grow(ClusterNode node)
    {
        if (IsRare(2) && _nodes.Count < 6)
        {
            Reached("nodes added");
            var added = _buildNode();
            _nodes.Add(added);
            added.Start();
        }
        else if (node is { Node: not null, Disks.Count: < 3, Reactor.IsFrozen: false } && !_away.Contains(node))
        {
            Reached("disks added");
            GiveDisk(node, AddDisk(node, World.Stream("settings")));
        }
    }
}
