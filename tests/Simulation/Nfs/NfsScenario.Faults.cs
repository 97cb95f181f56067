using Uss.Runtime.Simulated;
using Uss.Simulation.Cluster;

namespace Uss.Simulation.Nfs;

/// <summary>What goes wrong, and for how long. Mostly one machine at a time is away, now and then several or all.</summary>
public sealed partial class NfsScenario
{
    private const long UsualDelayNs = 200_000;
    private const long RestNs = 60_000 * NsPerMs;

    private readonly PriorityQueue<Action, long> _undos = new();
    private readonly HashSet<NfsNode> _away = [];

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
            _burst = Crashes.Next(1 + (Ticks / 8));
        }

        World.RunFor(Math.Max(untilNs - World.NowNs, 0));
    }

    // Faults end, and everybody gets an answer: long before owners forget the calls that they have carried out.
    private void Rest()
    {
        while (_undos.TryPeek(out _, out var atNs))
            RunAndUndo(Math.Max(atNs - World.NowNs, 0));
        var before = _steps.ToArray();
        Require(World.RunUntil(() => !before.Where((steps, number) => steps == _steps[number] && steps != int.MaxValue).Any(), RestNs), "clients get answers");
        _burst = Crashes.Next(1 + (Ticks / 8));
    }

    private void Disturb()
    {
        // The owner is where most can go wrong.
        var node = IsRare(2) && _nodes.Find(one => one.Service is not null) is { } owner ? owner : _nodes[Crashes.Next(_nodes.Count)];
        switch (Crashes.Next(24))
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
            case 7:
                CutLinks(node);
                break;
            case 8:
                Reached("connections reset");
                World.Network.Reset(node.Cluster.Host);
                break;
            case 9:
                SlowLinks(node);
                break;
            case 10:
                LoseCoordination(IsRare(3) ? _nodes : [node]);
                break;
            case 11:
                SlowCoordination(IsRare(3) ? _nodes : [node]);
                break;
            case 12:
                SlowDisk(node);
                break;
            case 13 when IsRare(6):
                CutAllPower();
                break;
            case 14 or 15:
                CutClient(node);
                break;
            case 16 or 17:
                Reached("clients' connections reset");
                World.Network.Reset(_clientHosts[Crashes.Next(_clientHosts.Count)]);
                break;
            default:
                return;
        }

        _burst = Crashes.Next(1 + (Ticks / 8));
    }

    // The safety of acknowledged changes does not depend on how many are away; that work goes on does.
    private bool CanLose(NfsNode node) => !_away.Contains(node) && node.Cluster.IsUp && (_away.Count == 0 || IsRare(_away.Count == 1 ? 3 : 10));

    private void KillAndRestart(NfsNode node, bool isPowerCut)
    {
        Reached(isPowerCut ? "power cuts" : "processes killed");
        if (node.Service is not null)
            Reached("owners killed");
        _away.Add(node);
        node.Kill(isPowerCut);
        Later(DurationNs(), () => Restart(node));
    }

    private void Restart(NfsNode node)
    {
        if (node.Cluster.IsUp)
            return;
        node.Cluster.Start();
        if (!IsRare(4))
        {
            _away.Remove(node);
            return;
        }

        Later(1 + Crashes.Next(NsPerMs << Crashes.Next(8)), () =>
        {
            Reached("killed soon after a start");
            node.Kill(IsRare(2));
            Later(DurationNs() / 8, () => Restart(node));
        });
    }

    private void CutAllPower()
    {
        Reached("power cuts of all nodes");
        foreach (var node in _nodes)
        {
            _away.Add(node);
            node.Kill(isPowerCut: true);
            Later(DurationNs(), () => Restart(node));
        }
    }

    private void Freeze(NfsNode node)
    {
        Reached(node.Service is null ? "processes frozen" : "owners frozen");
        _away.Add(node);
        var process = node.Cluster.Reactor;
        World.Freeze(process);
        Later(IsRare(3) ? (2_000 * NsPerMs) + Crashes.Next(12_000 * NsPerMs) : DurationNs(), () =>
        {
            World.Thaw(process);
            _away.Remove(node);
        });
    }

    // From the other nodes, and now and then from the clients too.
    private void CutOff(NfsNode node)
    {
        Reached("nodes cut off");
        _away.Add(node);
        var direction = Crashes.Next(4);
        List<SimulatedHost> others = [.. _nodes.Select(other => other.Cluster.Host), .. IsRare(3) ? _clientHosts : []];
        foreach (var other in others)
            CutLink(node.Cluster.Host, other, direction, true);
        node.Cluster.Coordination.IsDown = IsRare(2);
        Later(DurationNs(), () =>
        {
            foreach (var other in others)
                CutLink(node.Cluster.Host, other, direction, false);
            node.Cluster.Coordination.IsDown = false;
            _away.Remove(node);
        });
    }

    private void CutLinks(NfsNode node)
    {
        Reached("links cut");
        var other = _nodes[Crashes.Next(_nodes.Count)];
        var direction = Crashes.Next(4);
        CutLink(node.Cluster.Host, other.Cluster.Host, direction, true);
        Later(DurationNs(), () => CutLink(node.Cluster.Host, other.Cluster.Host, direction, false));
    }

    private void CutClient(NfsNode node)
    {
        Reached("clients cut off from a front-end");
        var client = _clientHosts[Crashes.Next(_clientHosts.Count)];
        var direction = Crashes.Next(4);
        CutLink(node.Cluster.Host, client, direction, true);
        Later(DurationNs(), () => CutLink(node.Cluster.Host, client, direction, false));
    }

    // One way, the other, or both.
    private void CutLink(SimulatedHost one, SimulatedHost other, int direction, bool isBlocked)
    {
        if (one == other)
            return;
        if (direction != 1)
            World.Network.Link(one, other).IsBlocked = isBlocked;
        if (direction != 2)
            World.Network.Link(other, one).IsBlocked = isBlocked;
    }

    private void SlowLinks(NfsNode node)
    {
        if (IsRare(2))
        {
            // Wide enough for questions and answers, not for data: the node is neither dead nor able to serve.
            Reached("links narrow");
            SetLinks(node, UsualDelayNs, 4_000 << Crashes.Next(6));
            Later(DurationNs() + Crashes.Next(20_000 * NsPerMs), () => SetLinks(node, UsualDelayNs, 0));
            return;
        }

        Reached("links slow");
        SetLinks(node, NsPerMs << Crashes.Next(11), 0);
        Later(DurationNs(), () => SetLinks(node, UsualDelayNs, 0));
    }

    private void SetLinks(NfsNode node, long longestDelayNs, long bytesPerSecond)
    {
        var host = node.Cluster.Host;
        foreach (var other in _nodes.Select(other => other.Cluster.Host).Concat(_clientHosts))
        {
            if (other == host)
                continue;
            World.Network.Link(host, other).BytesPerSecond = bytesPerSecond;
            World.Network.Link(host, other).LongestDelayNs = longestDelayNs;
            World.Network.Link(other, host).LongestDelayNs = longestDelayNs;
        }
    }

    private void SlowDisk(NfsNode node)
    {
        Reached("disks slow");
        var disk = node.Cluster.Disks[0];
        disk.Faults.MaximumDelayNs = NsPerMs << Crashes.Next(11);
        Later(DurationNs(), () => disk.Faults.MaximumDelayNs = 0);
    }

    private void LoseCoordination(List<NfsNode> nodes)
    {
        Reached("coordination outages");
        foreach (var node in nodes)
            node.Cluster.Coordination.IsDown = true;
        Later(DurationNs(), () => nodes.ForEach(node => HealCoordination(node.Cluster)));
    }

    private void SlowCoordination(List<NfsNode> nodes)
    {
        Reached("coordination slow");
        foreach (var node in nodes)
        {
            var faults = node.Cluster.Coordination;
            faults.MaximumDelayNs = NsPerMs << Crashes.Next(11);
            faults.MaximumCommitNs = IsRare(2) ? NsPerMs << Crashes.Next(11) : 0;
            faults.LostAnswers = IsRare(3) ? 0.2 : 0;
            faults.WatchGaps = IsRare(3) ? 0.3 : 0;
        }

        Later(DurationNs(), () => nodes.ForEach(node => HealCoordination(node.Cluster)));
    }

    private static void HealCoordination(ClusterNode node)
    {
        var faults = node.Coordination;
        (faults.IsDown, faults.LostAnswers, faults.WatchGaps, faults.MaximumDelayNs, faults.MaximumCommitNs) = (false, 0, 0, 0, 0);
    }
}
