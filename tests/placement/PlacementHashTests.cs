namespace Uss.Placement.Tests;

[TestFixture]
public sealed class PlacementHashTests
{
    // The hash is part of the format: data is found by it. These values never change.
    [TestCase(0x100000001UL, 0u, 128, ExpectedResult = 61)]
    [TestCase(0x100000001UL, 1u, 128, ExpectedResult = 9)]
    [TestCase(0x200000007UL, 4095u, 256, ExpectedResult = 163)]
    [TestCase(0xFFFFFFFFFFUL, 4294967295u, 65536, ExpectedResult = 5203)]
    public int Known_values(ulong family, uint index, int groups) => PlacementHash.GroupOf(family, index, groups);

    [Test]
    public void Objects_of_one_volume_spread_evenly()
    {
        var counts = new int[128];
        for (uint index = 0; index < 128_000; index++)
            counts[PlacementHash.GroupOf(0x01_0000_0001, index, 128)]++;

        // 1000 each, standard deviation 32: six of these away never happens by chance.
        Assert.That(counts, Is.All.InRange(800, 1200));
    }

    [Test]
    public void Volumes_start_in_different_groups()
    {
        var groups = Enumerable.Range(1, 64).Select(family => PlacementHash.GroupOf((ulong)family, 0, 1024)).Distinct();
        Assert.That(groups.Count(), Is.GreaterThan(50));
    }
}
