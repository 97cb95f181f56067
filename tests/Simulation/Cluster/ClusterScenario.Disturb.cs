using Uss.Runtime.Simulated;

namespace Uss.Simulation.Cluster;

/// <summary>What goes wrong. Of the machines, at most as many are away at once as the copies cover.</summary>
public sealed partial class ClusterScenario
{
    private readonly HashSet<ClusterNode> _away = [];

    private void Disturb()
    {
        var node = _nodes[Crashes.Next(_nodes.Count)];
        switch (Crashes.Next(16))
        {
            case 0 or 1 when CanLose(node):
                Reached("processes killed");
                Kill(node, isPowerCut: false);
                break;
            case 2 when CanLose(node):
                Reached("power cuts");
                Kill(node, isPowerCut: true);
                break;
            case 3 when CanLose(node) && node.IsUp:
                Reached("processes frozen");
                _away.Add(node);
                World.Freeze(node.Reactor);
                break;
            case 4 when CanLose(node) && node.IsUp:
                Reached("nodes cut off");
                _away.Add(node);
                foreach (var other in _nodes.Where(other => other != node))
                    CutLink(node, other, Crashes.Next(3));
                node.Coordination.IsDown = Crashes.Next(2) == 0;
                break;
            case 5:
                Reached("links cut");
                CutLink(node, _nodes[Crashes.Next(_nodes.Count)], Crashes.Next(3));
                break;
            case 6:
                Reached("connections reset");
                World.Network.Reset(node.Host);
                break;
            case 7:
                Reached("coordination outages");
                node.Coordination.IsDown = true;
                break;
            case 8:
                node.Coordination.MaximumDelayNs = 1 + Crashes.Next(20 * NsPerMs);
                node.Coordination.LostAnswers = Crashes.Next(3) == 0 ? 0.1 : 0;
                break;
            case 9 or 10 or 11:
                World.Network.Heal();
                foreach (var other in _nodes)
                    HealCoordination(other);
                break;
            default:
                if (_away.Count > 0)
                    Return(_away.ElementAt(Crashes.Next(_away.Count)));
                break;
        }
    }

    // Two copies, or three of which two must be there: one machine at a time.
    private bool CanLose(ClusterNode node) => _away.Count == 0 && !_away.Contains(node);

    private void CutLink(ClusterNode one, ClusterNode other, int direction)
    {
        if (one == other)
            return;
        World.Network.Link(one.Host, other.Host).IsBlocked |= direction != 1;
        World.Network.Link(other.Host, one.Host).IsBlocked |= direction != 2;
    }

    private void Kill(ClusterNode node, bool isPowerCut)
    {
        _away.Add(node);
        node.Kill(isPowerCut);
        foreach (var volume in _volumes)
            volume.OnCrash(node);
    }

    private void Return(ClusterNode node)
    {
        _away.Remove(node);
        World.Thaw(node.Reactor);
        HealCoordination(node);
        foreach (var other in _nodes)
        {
            World.Network.Link(node.Host, other.Host).IsBlocked = false;
            World.Network.Link(other.Host, node.Host).IsBlocked = false;
        }

        if (!node.IsUp)
            node.Start(() => OnStarted(node));
    }

    private static void HealCoordination(ClusterNode node)
    {
        node.Coordination.IsDown = false;
        node.Coordination.LostAnswers = 0;
        node.Coordination.MaximumDelayNs = 0;
    }
}
