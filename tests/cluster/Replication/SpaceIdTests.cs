using Uss.Store;

namespace Uss.Replication.Tests;

[TestFixture]
public sealed class SpaceIdTests
{
    [Test]
    public void All_objects_of_a_metadata_space_are_in_one_group()
    {
        var space = SpaceId.OfMetadata(3, 17);
        var groups = Enumerable.Range(0, 1000).Select(index => SpaceId.GroupOf(new ObjectId(space, (uint)index), 128)).Distinct();
        Assert.That(groups.Count(), Is.EqualTo(1));
    }

    [Test]
    public void Different_file_systems_have_their_metadata_in_different_groups()
    {
        var groups = Enumerable.Range(1, 1000).Select(id => SpaceId.GroupOf(new ObjectId(SpaceId.OfMetadata(3, id), 0), 128)).Distinct();
        Assert.That(groups.Count(), Is.GreaterThan(100));
    }

    [Test]
    public void Small_files_are_spread_over_all_groups()
    {
        var counts = new int[64];
        for (var contents = 1UL; contents <= 64_000; contents++)
            counts[SpaceId.GroupOf(new ObjectId(SpaceId.OfContents(3, 17, contents), 0), counts.Length)]++;
        Assert.That(counts, Is.All.InRange(800, 1200));
    }

    [Test]
    public void A_space_tells_its_pool_and_its_file_system()
    {
        ulong[] spaces = [SpaceId.OfContents(255, 16_383, SpaceId.MaximumContents), SpaceId.OfMetadata(255, 16_383)];
        Assert.Multiple(() =>
        {
            Assert.That(spaces.Select(SpaceId.PoolOf), Is.All.EqualTo(255));
            Assert.That(spaces.Select(SpaceId.FileSystemOf), Is.All.EqualTo(16_383));
            Assert.That(spaces.Select(SpaceId.ChargedTo).Distinct(), Is.EqualTo([spaces[1]]));
            Assert.That(SpaceId.FileSystemOf(SpaceId.Compose(255, SpaceId.MaximumFamily, SpaceId.MaximumMember)), Is.Zero);
        });
    }
}
