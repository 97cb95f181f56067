using Uss.Simulation.Store;

namespace Uss.Simulation.Tests.Store;

/// <summary>The harness itself: it passes a right store and finds what is wrong with the others.</summary>
public sealed class StoreHarnessTests
{
    private static IEnumerable<FakeBug> Bugs => Enum.GetValues<FakeBug>().Where(bug => bug != FakeBug.None);

    [Test]
    public void A_right_store_passes_and_repeats_itself()
    {
        var summary = Run(FakeBug.None, 20, twice: true);
        Assert.That(summary.Failures, Is.Empty, Describe(summary));
        Assert.That(summary.Milestones["pending changes found applied"], Is.GreaterThan(0));
        Assert.That(summary.Milestones["pending changes found absent"], Is.GreaterThan(0));
        Assert.That(summary.Milestones["recoveries interrupted"], Is.GreaterThan(0));
    }

    [Test]
    public void A_wrong_store_is_found([ValueSource(nameof(Bugs))] FakeBug bug)
    {
        var summary = Run(bug, 60);
        Assert.That(summary.Failures, Is.Not.Empty);
        TestContext.Out.WriteLine(Describe(summary));
    }

    private static SimulationSummary Run(FakeBug bug, int seeds, bool twice = false) =>
        new SimulationRunner(
            new ScenarioEntry("store", "", () => new StoreScenario(new FakeStoreDriver(bug), new StoreScenarioOptions())))
        {
            Twice = twice,
            MostFailures = 1,
        }.Run(1, seeds);

    private static string Describe(SimulationSummary summary) =>
        string.Join(Environment.NewLine, summary.Failures.Select(failure => $"{failure.Seed}: {failure.Cause}"));
}
