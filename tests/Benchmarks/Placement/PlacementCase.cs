using System.Diagnostics;
using Uss.Placement;

namespace Uss.Benchmarks.Placement;

/// <summary>One cluster: its map when new and after each kind of change.</summary>
internal sealed class PlacementCase
{
    private const int Copies = 3;
    private const int CopiesPerDisk = 100;
    private const long DiskBytes = 4L << 40;

    private readonly Topology _topology;
    private readonly PoolPolicy _policy;
    private readonly TopologyDisk[] _newNode;
    private readonly PlacementMap _map;

    private PlacementCase(int disks, bool isMixed)
    {
        (Disks, IsMixed) = (disks, isMixed);
        var disksPerNode = disks <= 10 ? 2 : 10;
        var all = Enumerable.Range(0, disks + disksPerNode).Select(i => MakeDisk(i, disksPerNode, isMixed)).ToList();
        _topology = new Topology(all.Take(disks));
        _newNode = [.. all.Skip(disks)];
        _policy = new PoolPolicy
        {
            Copies = Copies,
            Groups = (disks * CopiesPerDisk + Copies - 1) / Copies,
            FailureDomain = FailureDomain.Node,
        };
        var start = Stopwatch.GetTimestamp();
        _map = PlacementSolver.Solve(_topology, _policy).Map;
        SolveSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        (Fullest, Emptiest, FullestPrimary, EmptiestPrimary) = Balance(_topology, _map);
        FullestAfterChange = Fullest;
    }

    public int Disks { get; }

    public bool IsMixed { get; }

    public double SolveSeconds { get; }

    /// <summary>Ratio of what a disk holds to its share by weight, the largest and the smallest.</summary>
    public double Fullest { get; }

    public double Emptiest { get; }

    /// <summary>Groups that a disk is primary of beyond its share by weight: the most and the fewest.</summary>
    public double FullestPrimary { get; }

    public double EmptiestPrimary { get; }

    public double FullestAfterChange { get; private set; }

    public double SlowestChangeSeconds { get; private set; }

    /// <summary>Copies moved to the least possible, by change.</summary>
    public IReadOnlyList<double> Movement { get; private set; } = [];

    public static PlacementCase Measure(int disks, bool isMixed)
    {
        var one = new PlacementCase(disks, isMixed);
        var disk = one._topology.Disks[disks / 2];
        var node = one._topology.Disks.Where(other => other.Node == disk.Node).Select(other => other.Id).ToList();
        one.Movement =
        [
            one.Change(one._topology.With(one._newNode[0] with { Node = disk.Node, Rack = disk.Rack })),
            one.Change(one._topology.Without(disk.Id)),
            one.Change(one._topology.Draining(disk.Id)),
            one.Change(one._topology.With(one._newNode)),
            one.Change(one._topology.Without(node)),
            one.Change(one._topology.Draining(node)),
        ];
        return one;
    }

    private static TopologyDisk MakeDisk(int number, int disksPerNode, bool isMixed) => new()
    {
        Id = new Guid(number + 1, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]),
        Node = $"n{number / disksPerNode}",
        Rack = $"r{number / disksPerNode / 10}",

        // Three sizes, and no two disks quite the same, as after a few years of buying.
        WeightBytes = isMixed ? (DiskBytes << (number % 3)) - ((long)number << 20) : DiskBytes,
    };

    private double Change(Topology changed)
    {
        var start = Stopwatch.GetTimestamp();
        var plan = PlacementSolver.Solve(changed, _policy, _map);
        SlowestChangeSeconds = Math.Max(SlowestChangeSeconds, Stopwatch.GetElapsedTime(start).TotalSeconds);
        FullestAfterChange = Math.Max(FullestAfterChange, Balance(changed, plan.Map).Fullest);
        return (double)plan.MovedCopies / plan.LeastMovedCopies;
    }

    private (double Fullest, double Emptiest, double FullestPrimary, double EmptiestPrimary) Balance(Topology topology, PlacementMap map)
    {
        var held = topology.Disks.ToDictionary(disk => disk.Id, _ => 0);
        var primaries = new Dictionary<Guid, int>(held);
        foreach (var row in map.Rows)
        {
            if (row.Count != Copies)
                throw new InvalidOperationException("a group has too few copies");
            primaries[row[0]]++;
            foreach (var disk in row)
                held[disk]++;
        }

        var weight = topology.Disks.Sum(disk => (double)disk.EffectiveWeightBytes);
        var result = (Fullest: 0.0, Emptiest: double.MaxValue, FullestPrimary: double.MinValue, EmptiestPrimary: double.MaxValue);
        foreach (var disk in topology.Disks)
        {
            if (disk.EffectiveWeightBytes == 0)
                continue;
            var share = _policy.Groups * (disk.EffectiveWeightBytes / weight);
            result.Fullest = Math.Max(result.Fullest, held[disk.Id] / (share * Copies));
            result.Emptiest = Math.Min(result.Emptiest, held[disk.Id] / (share * Copies));
            result.FullestPrimary = Math.Max(result.FullestPrimary, primaries[disk.Id] - share);
            result.EmptiestPrimary = Math.Min(result.EmptiestPrimary, primaries[disk.Id] - share);
        }

        return result;
    }
}
