using Uss.Runtime.Simulated;
using Uss.Simulation.Store;

namespace Uss.Simulation.Tests.Store;

public sealed class StoreScenarioTests
{
    [Test]
    public void No_acknowledged_change_is_lost_and_no_block_torn()
    {
        var summary = SeedRange.Run("store", 1, 100);
        Assert.That(summary.Faults[FaultKind.PowerCut], Is.GreaterThan(300));
        Assert.That(summary.Faults[FaultKind.SectorTorn], Is.GreaterThan(100));
        Assert.That(summary.Faults[FaultKind.SectorDropped], Is.GreaterThan(1000));
        Assert.That(summary.Milestones["recoveries interrupted"], Is.GreaterThan(30));
        Assert.That(summary.Milestones["crashes after a checkpoint"], Is.GreaterThan(100));
    }

    // 5017: a read of several layers with a cache for one traded their maps for ever.
    [TestCase(5017UL)]
    public void A_seed_that_found_a_bug_passes(ulong seed) => SeedRange.Run("store", seed, 1);

    [Test]
    public void The_same_seed_gives_the_same_run() => SeedRange.Run("store", 1, 10, twice: true);

    [Test]
    [Category("Full")]
    public void No_acknowledged_change_is_lost_and_no_block_torn_in_many_runs() => SeedRange.Run("store", 101, 300);

    [TestCase("AcknowledgeWithoutFlush")]
    [TestCase("BelieveUnprovenRecords")]
    public void A_planted_bug_is_found(string bug)
    {
        var runner = new SimulationRunner(
            new ScenarioEntry(
                "store", "", () => new StoreScenario(ObjectStoreDriver.WithPlantedBug(bug), new StoreScenarioOptions())))
        {
            MostFailures = 1,
        };
        var summary = runner.Run(1, 300);
        Assert.That(summary.Failures, Is.Not.Empty);
        TestContext.Out.WriteLine($"seed {summary.Failures[0].Seed}: {summary.Failures[0].Cause.Message}");
    }
}
