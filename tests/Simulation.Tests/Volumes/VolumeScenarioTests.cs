namespace Uss.Simulation.Tests.Volumes;

public sealed class VolumeScenarioTests
{
    [Test]
    public void Volumes_stay_linearizable_and_their_copies_become_equal()
    {
        var summary = SeedRange.Run("volumes", 1, 25);
        Assert.That(summary.Milestones["power cuts"], Is.GreaterThan(50));
        Assert.That(summary.Milestones["processes killed"], Is.GreaterThan(25));
        Assert.That(summary.Milestones["disks lost"], Is.GreaterThan(25));
        Assert.That(summary.Milestones["copies compared"], Is.EqualTo(25));
    }

    [Test]
    public void The_same_seed_gives_the_same_run() => SeedRange.Run("volumes", 1, 3, twice: true);

    // 330: a node that stopped in the middle of a trim noted the trim as done, and what was cut off came back.
    // 78: a recovery could not read the data of an acknowledged write and took it for one that was not.
    [TestCase(78UL)]
    [TestCase(330UL)]
    public void A_seed_that_found_a_bug_passes(ulong seed) => SeedRange.Run("volumes", seed, 1);

    [Test]
    [Category("Full")]
    public void Volumes_stay_right_in_many_runs() => SeedRange.Run("volumes", 26, 175);
}
