using System.CommandLine;
using Uss.Benchmarks;
using Uss.Simulation;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss sim</c> and <c>uss bench</c>: they run by themselves, without a service.</summary>
internal static class ToolCommands
{
    public static Verb Simulate()
    {
        var scenario = new Option<string?>("--scenario") { Description = "Only this scenario [default: all of them]", HelpName = "NAME" };
        var seed = new Option<ulong>("--seed") { Description = "First seed", HelpName = "N", DefaultValueFactory = _ => 1 };
        var seeds = new Option<int>("--seeds") { Description = "Seeds to run", HelpName = "N", DefaultValueFactory = _ => 1 };
        var ticks = new Option<int>("--ticks") { Description = "Operations of clients [default: as the scenario has it]", HelpName = "M" };
        var trace = new Option<bool>("--trace") { Description = "Print every event" };
        var threads = new Option<int>("--threads") { Description = "Threads to use [default: one a processor]", HelpName = "N" };
        var once = new Option<bool>("--once") { Description = "Run each seed once, without comparing the traces of two runs" };
        var verb = new Verb(
            "sim",
            "Run USS in virtual time under faults: the same seed gives the same run",
            "uss sim --seeds 1000",
            "uss sim --scenario store --seed 42 --trace").With(scenario, seed, seeds, ticks, trace, threads, once);
        verb.SetAction((parsed, _) =>
        {
            if (parsed.GetValue(seeds) < 1)
                throw CommandFailure.Usage($"--seeds: {parsed.GetValue(seeds)} is no number of seeds.", "Use 1 or more.");
            if (parsed.GetValue(ticks) < 0 || parsed.GetValue(threads) < 0)
                throw CommandFailure.Usage("--ticks and --threads cannot be negative.", "Leave them out for the defaults.");
            if (parsed.GetValue(scenario) is { } name && ScenarioCatalog.Find(name) is null)
            {
                throw CommandFailure.Usage(
                    $"--scenario: there is no scenario '{name}'.",
                    $"Use one of: {string.Join(", ", ScenarioCatalog.All.Select(entry => entry.Name))}.");
            }

            var options = new SimulationOptions
            {
                Scenario = parsed.GetValue(scenario),
                Seed = parsed.GetValue(seed),
                Seeds = parsed.GetValue(seeds),
                Ticks = parsed.GetValue(ticks),
                Trace = parsed.GetValue(trace),
                Threads = parsed.GetValue(threads),
                Twice = !parsed.GetValue(once),
                Commit = ProgramVersion.Commit,
            };
            return GlobalOptions.PrinterOf(parsed).IsJson
                ? SimulateAsJsonAsync(options, GlobalOptions.PrinterOf(parsed))
                : SimulationCommand.RunAsync(options, parsed.InvocationConfiguration.Output);
        });
        return verb;
    }

    private static async Task<int> SimulateAsJsonAsync(SimulationOptions options, Printer printer)
    {
        using var report = new StringWriter();
        var exitCode = await SimulationCommand.RunAsync(options, report);
        var view = new SimulationView
        {
            Scenario = options.Scenario,
            FirstSeed = options.Seed,
            Seeds = options.Seeds,
            Passed = exitCode == SimulationCommand.Passed,
            Report = report.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries),
        };
        printer.Done(view, "");
        return exitCode;
    }

    public static Verb Benchmark()
    {
        // Benchmarks read their own options, --help included.
        var arguments = new Argument<string[]>("NAME [OPTION...]")
        {
            Description = "The benchmark and its options; without a name lists them",
            CaptureRemainingTokens = true,
            Arity = ArgumentArity.ZeroOrMore,
        };
        var verb = new Verb("bench", "Measure; docs/benchmarks.md has the ladder", "uss bench").With(arguments);
        verb.SetAction((parsed, _) => BenchmarkProgram.RunAsync(parsed.GetValue(arguments) ?? []));
        return verb;
    }
}
