namespace Uss.Simulation.Tests.Cluster;

public sealed class RecoveryScenarioTests
{
    [Test]
    public void A_cluster_that_lost_too_much_goes_on_from_what_an_operator_names()
    {
        var summary = SeedRange.Run("recovery", 1, 16);
        Assert.That(summary.Milestones["copies compared"], Is.EqualTo(16));
        foreach (var milestone in _milestones)
            Assert.That(summary.Milestones.GetValueOrDefault(milestone), Is.GreaterThan(0), milestone);
    }

    [Test]
    public void The_same_seed_gives_the_same_run() => SeedRange.Run("recovery", 1, 2, twice: true);

    [Test]
    [Category("Full")]
    public void Recovery_stays_right_in_many_runs() => SeedRange.Run("recovery", 17, 324);

    private static readonly string[] _milestones =
    [
        "machines lost for good", "nodes left behind before a disaster", "groups recovered from a disk with everything",
        "groups recovered from an old copy", "groups recovered from a disk of unknown age", "lost machines that came back",
        "lost machines removed", "disks of before refused", "forced recoveries refused: node-silent",
    ];
}
