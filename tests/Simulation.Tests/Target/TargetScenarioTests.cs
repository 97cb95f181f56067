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

    [Test]
    [Category("Full")]
    public void No_acknowledged_write_is_lost_and_none_comes_late_in_many_runs() => SeedRange.Run("target", 1000, 500);
}
