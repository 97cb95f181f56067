namespace Uss.Placement;

/// <summary>
/// Computes placement maps: a greedy table that gives every disk its share by weight, keeps copies in different failure
/// domains and, on a change, moves hardly more than has to move. A pure function: equal input gives an equal map.
/// </summary>
/// <remarks>
/// The steps: quotas by weight; what the previous map has and may keep, stays; holes are filled from the domains that
/// lack most; then replicas go from disks above their quota to disks below it, directly or through one disk in between.
/// </remarks>
public sealed partial class PlacementSolver
{
    private const int Hole = -1;

    private readonly PoolPolicy _policy;
    private readonly List<Guid> _ids = [];
    private readonly Dictionary<Guid, int> _indexes = [];
    private readonly int[] _domains;
    private readonly int[] _quotas;
    private readonly int[] _held;
    private readonly int[][] _rows;
    private readonly List<int>[] _disksOfDomain;

    private PlacementSolver(Topology topology, PoolPolicy policy, PlacementMap? previous)
    {
        _policy = policy;
        var disks = topology.Disks.Where(disk => policy.DiskClass is null || disk.Class == policy.DiskClass).ToList();
        var domainNames = new Dictionary<string, int>(StringComparer.Ordinal);
        _domains = new int[disks.Count];
        for (var i = 0; i < disks.Count; i++)
        {
            _ids.Add(disks[i].Id);
            _indexes.Add(disks[i].Id, i);
            var name = disks[i].DomainName(policy.FailureDomain);
            if (!domainNames.TryGetValue(name, out var domain))
                domainNames.Add(name, domain = domainNames.Count);
            _domains[i] = domain;
        }

        _disksOfDomain = [.. Enumerable.Range(0, domainNames.Count).Select(_ => new List<int>())];
        for (var i = 0; i < disks.Count; i++)
            _disksOfDomain[_domains[i]].Add(i);

        _held = new int[disks.Count];
        _rows = new int[policy.Groups][];
        for (var group = 0; group < policy.Groups; group++)
            _rows[group] = KeepRow(previous, group);
        _quotas = ReplicaQuotas.Compute([.. disks.Select(disk => disk.WeightBytes)], _domains, _held, policy);
    }

    /// <summary>Computes the map of a pool.</summary>
    /// <param name="topology">All disks.</param>
    /// <param name="policy">What the pool asks for.</param>
    /// <param name="previous">The present map; null for a new pool.</param>
    public static PlacementPlan Solve(Topology topology, PoolPolicy policy, PlacementMap? previous = null)
    {
        if (policy.Copies < 1 || policy.Groups < 1)
            throw new ArgumentException("a pool has at least one copy and one placement group", nameof(policy));
        var solver = new PlacementSolver(topology, policy, previous);
        solver.FillHoles();
        solver.MoveSurplus();
        solver.BalancePrimaries();
        var rows = solver._rows.Select(row => (IReadOnlyList<Guid>)[.. row.Where(disk => disk != Hole).Select(disk => solver._ids[disk])])
            .ToList();
        var map = new PlacementMap((previous?.Version ?? 0) + 1, rows);
        return new PlacementPlan(map, PlacementPlan.Compare(previous, map), rows.Count(row => row.Count < policy.Copies));
    }

    private int[] KeepRow(PlacementMap? previous, int group)
    {
        var row = new int[_policy.Copies];
        Array.Fill(row, Hole);
        if (previous is null || group >= previous.Groups)
            return row;
        var position = 0;
        foreach (var id in previous.Rows[group])
        {
            if (position == row.Length || !_indexes.TryGetValue(id, out var disk) || HoldsDomain(row, _domains[disk], Hole))
                continue;
            row[position++] = disk;
            _held[disk]++;
        }

        return row;
    }

    private bool HoldsDomain(int[] row, int domain, int exceptDisk)
    {
        foreach (var disk in row)
        {
            if (disk != Hole && disk != exceptDisk && _domains[disk] == domain)
                return true;
        }

        return false;
    }

    private int Lack(int disk) => _quotas[disk] - _held[disk];

    private void FillHoles()
    {
        var queue = new DomainQueue(this);
        foreach (var row in _rows)
        {
            for (var position = 0; position < row.Length; position++)
            {
                if (row[position] == Hole && queue.Take(row) is { } disk)
                {
                    row[position] = disk;
                    _held[disk]++;
                    queue.Update(_domains[disk]);
                }
            }
        }
    }
}
