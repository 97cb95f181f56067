namespace Uss.Placement.Tests;

[TestFixture]
public sealed class PlacementHashTests
{
    // The hash is part of the format: data is found by it. These values never change within a version.
    [TestCase(0x100000001UL, 0u, 128, ExpectedResult = 64)]
    [TestCase(0x100000001UL, 1u, 128, ExpectedResult = 54)]
    [TestCase(0x200000007UL, 4095u, 256, ExpectedResult = 118)]
    [TestCase(0xFFFFFFFFFFUL, 4294967295u, 65536, ExpectedResult = 8089)]
    [TestCase(0xFFFFFFFFFFUL, 4294967295u, 333, ExpectedResult = 29)]
    public int Known_values_of_version_2(ulong family, uint index, int groups) => PlacementHash.GroupOf(family, index, groups);

    [Test]
    public void The_version_is_raised_with_the_values() => Assert.That(PlacementHash.Version, Is.EqualTo(2));

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

    [TestCase(1)]
    [TestCase(64)]
    [TestCase(333)]
    [TestCase(65536)]
    public void An_object_stays_in_its_half_when_groups_are_split(int groups)
    {
        var moved = 0;
        for (uint index = 0; index < 10_000; index++)
        {
            var before = PlacementHash.GroupOf(7, index, groups);
            var after = PlacementHash.GroupOf(7, index, 2 * groups);
            Assert.That(after, Is.EqualTo(before).Or.EqualTo(before + groups));
            moved += after == before ? 0 : 1;
        }

        Assert.That(moved, Is.InRange(4700, 5300));
    }
}
