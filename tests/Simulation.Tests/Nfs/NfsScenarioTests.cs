namespace Uss.Simulation.Tests.Nfs;

public sealed class NfsScenarioTests
{
    [Test]
    public void A_file_system_is_one_whichever_front_end_a_call_comes_to()
    {
        var summary = SeedRange.Run("nfs", 1, 30);
        Assert.That(summary.Milestones["file systems checked"], Is.EqualTo(30));
        foreach (var milestone in _milestones)
            Assert.That(summary.Milestones.GetValueOrDefault(milestone), Is.GreaterThan(4), milestone);
    }

    [Test]
    public void The_same_seed_gives_the_same_run() => SeedRange.Run("nfs", 1, 3, twice: true);

    [Test]
    [Category("Full")]
    public void A_file_system_stays_right_in_many_runs() => SeedRange.Run("nfs", 31, 170);

    private static readonly string[] _milestones =
    [
        "owners killed", "owners frozen", "processes killed", "processes frozen", "power cuts", "nodes cut off", "links cut",
        "clients cut off from a front-end", "clients' connections reset", "runs with calls sent again", "coordination outages",
    ];
}
