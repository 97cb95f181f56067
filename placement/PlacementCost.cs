namespace Uss.Placement;

/// <summary>What a change does to one disk.</summary>
/// <param name="Disk">The disk.</param>
/// <param name="ReadBytes">Bytes read from it for other disks' new copies.</param>
/// <param name="WrittenBytes">Bytes of new copies that it gets.</param>
/// <param name="ReleasedBytes">Bytes of copies that it gives up at the end.</param>
/// <param name="UsedBytes">Bytes that it holds afterwards.</param>
/// <param name="Fullness">These over its weight; 0 for a disk of weight 0.</param>
public sealed record DiskTraffic(Guid Disk, long ReadBytes, long WrittenBytes, long ReleasedBytes, long UsedBytes, double Fullness);

/// <summary>Bytes, time and redundancy of a plan: what is shown before a change is made.</summary>
public sealed record PlacementCost
{
    /// <summary>Bytes of new copies. Copies of groups that no copy is left of are not in it: there is nothing to make them from.</summary>
    public required long MovedBytes { get; init; }

    /// <summary>Least bytes for a map as even as this one: <see cref="PlacementPlan.LeastMovedCopies"/> of mean size.</summary>
    public required long LeastMovedBytes { get; init; }

    /// <summary>Every disk that is read, written or relieved, or that holds data afterwards, ordered by identity.</summary>
    public required IReadOnlyList<DiskTraffic> Disks { get; init; }

    /// <summary>How long the busiest disk reads and writes.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Redundancy while the change is under way: at index n, the groups of the map before that have n copies then. A
    /// copy that moves stays until its successor is complete, so these are the copies that are there at the start.</summary>
    public required IReadOnlyList<int> GroupsByCopies { get; init; }

    /// <summary>Groups with fewer copies than the pool's minimum meanwhile: their writes wait.</summary>
    public required int GroupsBelowMinimum { get; init; }

    /// <summary>Groups that would end with fewer copies than they have at the start and the pool asks for.</summary>
    public required int GroupsThatLose { get; init; }

    /// <summary>The disk that is fullest afterwards; null when none has a weight.</summary>
    public DiskTraffic? Fullest => Disks.MaxBy(disk => disk.Fullness);

    /// <summary>Works out what a plan costs.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="topology">The topology that it was made for: its disks can be read.</param>
    /// <param name="policy">The policy that it was made for.</param>
    /// <param name="usage">The data and the speed of disks.</param>
    public static PlacementCost Of(PlacementPlan plan, Topology topology, PoolPolicy policy, PoolUsage usage)
    {
        var (read, written, released, used) = (new Sums(), new Sums(), new Sums(), new Sums());
        var groups = plan.Map.Groups;
        foreach (var move in plan.Moves)
        {
            var bytes = usage.BytesOf(move.Group, groups);
            if (move.From is { } from && topology.Find(from) is not null)
                released.Add(from, bytes);

            // A group's primary makes the new copies, or whoever is next where the primary has gone.
            if (move.To is not { } to || SourceOf(plan, topology, move.Group) is not { } source)
                continue;
            read.Add(source, bytes);
            written.Add(to, bytes);
        }

        for (var group = 0; group < groups; group++)
        {
            foreach (var disk in plan.Map.Rows[group])
                used.Add(disk, usage.BytesOf(group, groups));
        }

        foreach (var (disk, bytes) in usage.OtherBytes)
            used.Add(disk, bytes);
        var disks = read.Keys.Concat(written.Keys).Concat(released.Keys).Concat(used.Keys).Distinct().Order()
            .Select(disk => new DiskTraffic(
                disk, read[disk], written[disk], released[disk], used[disk], FullnessOf(topology.Find(disk), used[disk]))).ToList();
        var (byCopies, losing) = Meanwhile(plan, topology, policy);
        return new PlacementCost
        {
            MovedBytes = disks.Sum(disk => disk.WrittenBytes),
            LeastMovedBytes = (long)(usage.GroupBytes.Sum(bytes => (double)bytes) / groups * plan.LeastMovedCopies),
            Disks = disks,
            Duration = TimeSpan.FromSeconds(disks.Select(disk => disk.ReadBytes + disk.WrittenBytes).DefaultIfEmpty().Max()
                / (double)Math.Max(usage.DiskBytesPerSecond, 1)),
            GroupsByCopies = byCopies,
            GroupsBelowMinimum = byCopies.Take(policy.MinimumCopies).Sum(),
            GroupsThatLose = losing,
        };
    }

    private static (int[] ByCopies, int Losing) Meanwhile(PlacementPlan plan, Topology topology, PoolPolicy policy)
    {
        var byCopies = new int[policy.Copies + 1];
        var losing = 0;
        for (var group = 0; group < (plan.Previous is null ? 0 : plan.Map.Groups); group++)
        {
            var present = Math.Min(policy.Copies, plan.RowBefore(group).Count(disk => topology.Find(disk) is not null));
            byCopies[present]++;
            if (plan.Map.Rows[group].Count < present)
                losing++;
        }

        return (byCopies, losing);
    }

    private static Guid? SourceOf(PlacementPlan plan, Topology topology, int group)
    {
        foreach (var disk in plan.RowBefore(group))
        {
            if (topology.Find(disk) is not null)
                return disk;
        }

        return null;
    }

    private static double FullnessOf(TopologyDisk? disk, long usedBytes) =>
        disk is { WeightBytes: > 0 } ? usedBytes / (double)disk.WeightBytes : 0;

    private sealed class Sums
    {
        private readonly Dictionary<Guid, long> _bytes = [];

        public IEnumerable<Guid> Keys => _bytes.Keys;

        public long this[Guid disk] => _bytes.GetValueOrDefault(disk);

        public void Add(Guid disk, long bytes) => _bytes[disk] = this[disk] + bytes;
    }
}
