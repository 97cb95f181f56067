namespace Uss.Simulation.Tests;

/// <summary>Runs seeds of a scenario of the catalog and fails with what a person needs to replay the first bad one.</summary>
internal static class SeedRange
{
    public static SimulationSummary Run(string scenario, ulong first, int count, bool twice = false, int threads = 0, int ticks = 0)
    {
        var summary = new SimulationRunner(ScenarioCatalog.Find(scenario)!) { Twice = twice, Threads = threads, Ticks = ticks }.Run(first, count);
        using var report = new StringWriter();
        summary.Write(report);
        TestContext.Out.WriteLine(report);
        Assert.That(summary.Failures, Is.Empty, () => Describe(summary, ticks));
        return summary;
    }

    private static string Describe(SimulationSummary summary, int ticks) => string.Join(
        Environment.NewLine,
        summary.Failures.Select(
            failure => $"{SimulationCommand.ReplayCommand(summary.Scenario, failure.Seed, ticks)}{Environment.NewLine}{failure.Cause}"));
}
