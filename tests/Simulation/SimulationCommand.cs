namespace Uss.Simulation;

/// <summary>The command <c>uss sim</c>.</summary>
public static class SimulationCommand
{
    /// <summary>Exit code when every seed passed.</summary>
    public const int Passed = 0;

    /// <summary>Exit code when a seed failed.</summary>
    public const int Failed = 1;

    /// <summary>Exit code when there is no scenario of the given name.</summary>
    public const int NoSuchScenario = 2;

    /// <summary>Runs what the options ask for and reports to <paramref name="output"/>.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(SimulationOptions options, TextWriter output)
    {
        var scenarios = ScenarioCatalog.All;
        if (options.Scenario is { } name)
        {
            if (ScenarioCatalog.Find(name) is not { } found)
            {
                await output.WriteLineAsync($"There is no scenario '{name}'. There are:");
                foreach (var entry in ScenarioCatalog.All)
                    await output.WriteLineAsync($"  {entry.Name,-10} {entry.Description}");
                return NoSuchScenario;
            }

            scenarios = [found];
        }

        var isPassed = true;
        foreach (var scenario in scenarios)
            isPassed &= await RunAsync(scenario, options, output);
        return isPassed ? Passed : Failed;
    }

    /// <summary>How to run one seed again.</summary>
    public static string ReplayCommand(string scenario, ulong seed, int ticks) =>
        $"./uss sim --scenario {scenario} --seed {seed}{(ticks > 0 ? $" --ticks {ticks}" : "")} --trace";

    private static async Task<bool> RunAsync(ScenarioEntry scenario, SimulationOptions options, TextWriter output)
    {
        var runner = new SimulationRunner(scenario)
        {
            Ticks = options.Ticks,
            Threads = options.Trace ? 1 : options.Threads,
            Twice = options.Twice && !options.Trace,
            Trace = options.Trace ? output.WriteLine : null,
        };
        var summary = await Task.Run(() => runner.Run(options.Seed, options.Seeds));
        summary.Write(output);
        foreach (var failure in summary.Failures)
            Report(scenario, failure, options, output);
        return summary.Failures.Count == 0;
    }

    private static void Report(ScenarioEntry scenario, SeedFailure failure, SimulationOptions options, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"FAILED: scenario {scenario.Name}, seed {failure.Seed}, commit {options.Commit}");
        output.WriteLine($"  {failure.Cause.Message}");
        output.WriteLine($"  replay: {ReplayCommand(scenario.Name, failure.Seed, options.Ticks)}");
        if (failure.Cause is not SimulationException)
            output.WriteLine(failure.Cause.ToString());
    }
}
