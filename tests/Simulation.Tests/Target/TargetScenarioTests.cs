using Uss.Runtime.Simulated;

namespace Uss.Simulation.Tests.Target;

public sealed class TargetScenarioTests
{
    [Test]
    public void No_acknowledged_write_is_lost_and_none_comes_late()
    {
        var summary = SeedRange.Run("target", 1, 16, twice: true);
        Assert.That(summary.Faults[FaultKind.ConnectionReset], Is.GreaterThan(0));
        Assert.That(summary.Milestones["targets killed"], Is.GreaterThan(0));
    }

    // 1060: a dropped task with nothing to send stayed with the connection for ever.
    [TestCase(1060UL)]
    public void A_seed_that_found_a_bug_passes(ulong seed) => SeedRange.Run("target", seed, 1);

    [Test]
    [Category("Full")]
    public void No_acknowledged_write_is_lost_and_none_comes_late_in_many_runs() => SeedRange.Run("target", 1000, 500);
}
