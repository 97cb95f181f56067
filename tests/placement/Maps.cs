namespace Uss.Placement.Tests;

/// <summary>Topologies and figures of maps for the tests.</summary>
internal static class Maps
{
    public static List<TopologyDisk> Disks(int count, int disksPerNode = 1, int nodesPerRack = 4) =>
    [
        .. Enumerable.Range(0, count).Select(i => new TopologyDisk
        {
            Id = IdOf(i),
            WeightBytes = 1L << 40,
            Node = $"n{(i / disksPerNode) + 1}",
            Rack = $"r{(i / disksPerNode / nodesPerRack) + 1}",
        }),
    ];

    public static Guid IdOf(int number) => new(number + 1, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);

    public static PoolPolicy Policy(int disks, int copies, FailureDomain level = FailureDomain.Disk) =>
        new() { Name = "p", Copies = copies, Groups = PoolPolicy.SuggestGroups(disks, copies), FailureDomain = level };

    public static Dictionary<Guid, int> Held(PlacementMap map) => CountBy(map.Rows.SelectMany(row => row));

    public static Dictionary<Guid, int> Primaries(PlacementMap map) => CountBy(map.Rows.Where(row => row.Count > 0).Select(row => row[0]));

    /// <summary>The largest ratio of what a disk holds to its share by weight.</summary>
    public static double Fullest(Topology topology, PoolPolicy policy, PlacementMap map)
    {
        var usable = topology.DisksOf(policy).Where(disk => disk.EffectiveWeightBytes > 0).ToList();
        var total = (double)map.Rows.Sum(row => row.Count);
        var weight = usable.Sum(disk => (double)disk.WeightBytes);
        var held = Held(map);
        return usable.Max(disk => held.GetValueOrDefault(disk.Id) / (total * disk.WeightBytes / weight));
    }

    /// <summary>What holds for every map, whatever it was made from.</summary>
    public static void AssertSound(Topology topology, PoolPolicy policy, PlacementMap map)
    {
        Assert.That(map.Groups, Is.EqualTo(policy.Groups));
        foreach (var row in map.Rows)
        {
            var disks = row.Select(topology.Find).ToList();
            Assert.That(disks, Has.None.Null);
            Assert.That(disks.Select(disk => disk!.DomainName(policy.FailureDomain)), Is.Unique);
            Assert.That(disks.All(disk => policy.DiskClass is null || disk!.Class == policy.DiskClass));
            Assert.That(row, Has.Count.LessThanOrEqualTo(policy.Copies));
        }
    }

    private static Dictionary<Guid, int> CountBy(IEnumerable<Guid> disks) =>
        disks.GroupBy(disk => disk).ToDictionary(group => group.Key, group => group.Count());
}
