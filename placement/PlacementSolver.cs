namespace Uss.Placement;

/// <summary>
/// Computes placement maps: an explicit table that gives every disk its share by weight, keeps copies in different failure
/// domains and, on a change, moves hardly more than has to move. A pure function: equal input gives an equal map.
/// </summary>
/// <remarks>
/// The steps: what the previous map has and may keep, stays; quotas by weight; holes are filled, and copies go from disks
/// above their quota to disks below it, each chosen by a hash in proportion to what it lacks, so that groups pair many
/// different disks; what cannot move in one step moves through others; primaries are balanced.
/// </remarks>
public sealed partial class PlacementSolver
{
    private const int Hole = -1;

    private readonly PoolPolicy _policy;
    private readonly int _copies;

    // Disks are numbered domain by domain, so that a domain is a range.
    private readonly Guid[] _ids;
    private readonly long[] _weights;
    private readonly int[] _domains;
    private readonly int[] _firstDisks;
    private readonly Dictionary<Guid, int> _numbers;
    private readonly int[] _quotas;
    private readonly int[] _held;
    private readonly int _leastMoved;

    // Row by row, the disk of each copy; and what was there when the solver began.
    private readonly int[] _slots;
    private readonly int[] _kept;

    private PlacementSolver(Topology topology, PoolPolicy policy, PlacementMap? previous)
    {
        _policy = policy;
        _copies = policy.Copies;
        var disks = DisksOf(topology, policy, previous)
            .Select(disk => (Disk: disk, Domain: disk.DomainName(policy.FailureDomain)))
            .OrderBy(pair => pair.Domain, StringComparer.Ordinal).ThenBy(pair => pair.Disk.Id).ToList();
        _ids = [.. disks.Select(pair => pair.Disk.Id)];
        _weights = [.. disks.Select(pair => pair.Disk.EffectiveWeightBytes)];
        _numbers = new Dictionary<Guid, int>(_ids.Length);
        _domains = new int[_ids.Length];
        var firstDisks = new List<int>();
        for (var disk = 0; disk < _ids.Length; disk++)
        {
            _numbers.Add(_ids[disk], disk);
            if (disk == 0 || disks[disk].Domain != disks[disk - 1].Domain)
                firstDisks.Add(disk);
            _domains[disk] = firstDisks.Count - 1;
        }

        _firstDisks = [.. firstDisks, _ids.Length];
        _held = new int[_ids.Length];
        _slots = new int[checked(policy.Groups * _copies)];
        Array.Fill(_slots, Hole);
        for (var group = 0; group < policy.Groups && previous is not null; group++)
            KeepRow(previous.Rows[group % previous.Groups], group);
        _kept = [.. _slots];
        var quotas = ReplicaQuotas.Compute(
            _weights, _domains, DomainCount, _held, [.. _ids.Select(PlacementHash.Mix)], policy);
        _quotas = quotas.Quotas;
        _leastMoved = quotas.LeastMoved;
    }

    private int DomainCount => _firstDisks.Length - 1;

    /// <summary>Computes the map of a pool.</summary>
    /// <param name="topology">All disks.</param>
    /// <param name="policy">What the pool asks for; <see cref="PlacementRules.CheckPolicy"/> finds nothing wrong with it.</param>
    /// <param name="previous">The present map; null for a new pool. Where the policy asks for a multiple of its groups, they are
    /// split as <see cref="Split"/> does it.</param>
    /// <exception cref="ArgumentException">The policy makes no sense, or its groups are not a multiple of the present ones.</exception>
    public static PlacementPlan Solve(Topology topology, PoolPolicy policy, PlacementMap? previous = null)
    {
        if (PlacementRules.CheckPolicy(policy) is { } fault)
            throw new ArgumentException(fault.Message, nameof(policy));
        if (previous is not null && (previous.Groups == 0 || policy.Groups % previous.Groups != 0))
            throw new ArgumentException($"{previous.Groups} groups cannot become {policy.Groups}", nameof(policy));
        var solver = new PlacementSolver(topology, policy, previous);
        solver.FillHoles();
        solver.MoveSurplus();
        solver.MoveBetweenDomains();
        solver.MoveThroughOthers();
        solver.RestoreCopies();
        solver.ChoosePrimaries(previous);
        return solver.ToPlan(previous);
    }

    // A disk that got another class gives up what it holds as one that drains does: it keeps a copy while nothing else can take it.
    private static IEnumerable<TopologyDisk> DisksOf(Topology topology, PoolPolicy policy, PlacementMap? previous)
    {
        if (policy.DiskClass is null || previous is null)
            return topology.DisksOf(policy);
        var held = previous.Rows.SelectMany(row => row).ToHashSet();
        return topology.Disks.Where(disk => disk.Class == policy.DiskClass || held.Contains(disk.Id))
            .Select(disk => disk.Class == policy.DiskClass ? disk : disk with { State = DiskState.Draining });
    }

    private PlacementPlan ToPlan(PlacementMap? previous)
    {
        var rows = new IReadOnlyList<Guid>[_policy.Groups];
        var shortRows = 0;
        for (var group = 0; group < rows.Length; group++)
        {
            var row = RowOf(group);
            var length = row.Length - row.Count(Hole);
            var ids = new Guid[length];
            for (var position = 0; position < length; position++)
                ids[position] = _ids[row[position]];
            rows[group] = ids;
            shortRows += length < _copies ? 1 : 0;
        }

        var stuck = 0;
        for (var disk = 0; disk < _ids.Length; disk++)
            stuck += _weights[disk] == 0 ? _held[disk] : 0;
        var map = new PlacementMap((previous?.Version ?? 0) + 1, rows);
        var moves = PlacementPlan.Compare(previous, map);
        return new PlacementPlan(map, moves, shortRows)
        {
            Previous = previous,
            MovedCopies = moves.Count(move => move.To is not null),
            LeastMovedCopies = _leastMoved,
            StuckCopies = stuck,
            PrimaryChanges = PlacementPlan.CountPrimaryChanges(previous, map),
        };
    }

    // Where a pool now asks for fewer copies than it has, those that drain and those on the fullest disks go first.
    private void KeepRow(IReadOnlyList<Guid> previous, int group)
    {
        var row = RowOf(group);
        var position = 0;
        foreach (var id in previous)
        {
            if (!_numbers.TryGetValue(id, out var disk) || HoldsDomain(row, _domains[disk], Hole))
                continue;
            if (position < row.Length)
            {
                row[position++] = disk;
                _held[disk]++;
                continue;
            }

            var fullest = 0;
            for (var i = 1; i < row.Length; i++)
            {
                if (IsFuller(row[i], row[fullest]))
                    fullest = i;
            }

            if (!IsFuller(row[fullest], disk))
                continue;
            _held[row[fullest]]--;
            _held[disk]++;
            row[fullest] = disk;
        }
    }

    private bool IsFuller(int one, int other) =>
        (Int128)_held[one] * _weights[other] > (Int128)_held[other] * _weights[one];

    private Span<int> RowOf(int group) => _slots.AsSpan(group * _copies, _copies);

    private bool HoldsDomain(ReadOnlySpan<int> row, int domain, int exceptDisk)
    {
        foreach (var disk in row)
        {
            if (disk != Hole && disk != exceptDisk && _domains[disk] == domain)
                return true;
        }

        return false;
    }

    private int Lack(int disk) => _quotas[disk] - _held[disk];

    private void Place(int slot, int disk)
    {
        if (_slots[slot] != Hole)
            _held[_slots[slot]]--;
        _held[disk]++;
        _slots[slot] = disk;
    }
}
