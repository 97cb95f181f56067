namespace Uss.Placement.Tests;

/// <summary>
/// The yardstick of the solver: fewest copies that any map moves that gives every disk as many copies as a given map does. A
/// flow of least cost from groups through their failure domains to disks; too slow for more than toys.
/// </summary>
internal static class ExactMoves
{
    private const int Unreached = int.MaxValue / 2;

    public static int Least(Topology topology, PoolPolicy policy, PlacementMap before, PlacementMap after)
    {
        var disks = topology.Disks.ToList();
        var domains = disks.Select(disk => disk.DomainName(policy.FailureDomain)).Distinct().ToList();
        var held = Maps.Held(after);
        var flow = new Flow(2 + after.Groups + (after.Groups * domains.Count) + disks.Count);
        var (firstDomain, firstDisk) = (2 + after.Groups, 2 + after.Groups + (after.Groups * domains.Count));
        for (var group = 0; group < after.Groups; group++)
        {
            flow.Add(0, 2 + group, after.Rows[group].Count, 0);
            for (var domain = 0; domain < domains.Count; domain++)
                flow.Add(2 + group, firstDomain + (group * domains.Count) + domain, 1, 0);
            for (var disk = 0; disk < disks.Count; disk++)
            {
                var domain = domains.IndexOf(disks[disk].DomainName(policy.FailureDomain));
                var isKept = before.Rows[group].Contains(disks[disk].Id);
                flow.Add(firstDomain + (group * domains.Count) + domain, firstDisk + disk, 1, isKept ? 0 : 1);
            }
        }

        for (var disk = 0; disk < disks.Count; disk++)
            flow.Add(firstDisk + disk, 1, held.GetValueOrDefault(disks[disk].Id), 0);
        var (amount, cost) = flow.Solve(0, 1);
        Assert.That(amount, Is.EqualTo(after.Rows.Sum(row => row.Count)));
        return cost;
    }

    /// <summary>Successive shortest paths (Bellman and Ford with a queue).</summary>
    private sealed class Flow(int nodes)
    {
        private readonly List<(int To, int Cost)> _edges = [];
        private readonly List<int> _capacities = [];
        private readonly List<int>[] _edgesOf = [.. Enumerable.Range(0, nodes).Select(_ => new List<int>())];

        public void Add(int from, int to, int capacity, int cost)
        {
            _edgesOf[from].Add(_edges.Count);
            _edges.Add((to, cost));
            _capacities.Add(capacity);
            _edgesOf[to].Add(_edges.Count);
            _edges.Add((from, -cost));
            _capacities.Add(0);
        }

        public (int Amount, int Cost) Solve(int source, int sink)
        {
            var (amount, total) = (0, 0);
            while (true)
            {
                var costs = Enumerable.Repeat(Unreached, nodes).ToArray();
                var through = new int[nodes];
                var isQueued = new bool[nodes];
                var queue = new Queue<int>([source]);
                costs[source] = 0;
                while (queue.TryDequeue(out var node))
                {
                    isQueued[node] = false;
                    foreach (var edge in _edgesOf[node])
                    {
                        var (to, cost) = _edges[edge];
                        if (_capacities[edge] == 0 || costs[node] + cost >= costs[to])
                            continue;
                        (costs[to], through[to]) = (costs[node] + cost, edge);
                        if (!isQueued[to])
                            queue.Enqueue(to);
                        isQueued[to] = true;
                    }
                }

                if (costs[sink] == Unreached)
                    return (amount, total);
                for (var node = sink; node != source; node = _edges[through[node] ^ 1].To)
                {
                    _capacities[through[node]]--;
                    _capacities[through[node] ^ 1]++;
                }

                (amount, total) = (amount + 1, total + costs[sink]);
            }
        }
    }
}
