using static Uss.Placement.Tests.Maps;

namespace Uss.Placement.Tests;

[TestFixture]
public sealed class TopologyTests
{
    [Test]
    public void A_disk_listed_twice_is_refused()
    {
        var disk = Disks(1)[0];
        Assert.That(() => new Topology([disk, disk]), Throws.ArgumentException);
    }

    [Test]
    public void Disks_are_added_replaced_removed_and_drained()
    {
        var topology = new Topology(Disks(3));
        Assert.That(topology.With(Disks(4)[3]).Disks, Has.Count.EqualTo(4));
        Assert.That(topology.With(Disks(3)[1] with { WeightBytes = 5 }).Find(IdOf(1))!.EffectiveWeightBytes, Is.EqualTo(5));
        Assert.That(topology.Without(IdOf(0), IdOf(9)).Disks.Select(disk => disk.Id), Is.EqualTo((Guid[])[IdOf(1), IdOf(2)]));
        var draining = topology.Draining(IdOf(2));
        Assert.That(draining.Find(IdOf(2))!.EffectiveWeightBytes, Is.Zero);
        Assert.That(draining.Find(IdOf(1))!.EffectiveWeightBytes, Is.EqualTo(1L << 40));
        Assert.That(topology.Find(IdOf(9)), Is.Null);
    }
}
