using Uss.Benchmarks.Rig;

namespace Uss.Benchmarks.Placement;

/// <summary><c>uss bench placement</c>: balance of maps, movement and time of the solver, from 10 to 10,000 disks.</summary>
internal static class PlacementBenchmark
{
    private const double FullestBar = 1.01;
    private const double MovementBar = 1.1;
    private const double SecondsBar = 10;
    private const int QuickSeconds = 3;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (RigOptions.Parse("placement", arguments) is not { } options)
            return BenchmarkProgram.BadUsage;
        int[] sizes = options.Seconds <= QuickSeconds ? [10, 100, 1000] : [10, 100, 1000, 10_000];

        // Methods are compiled in a first case that does not count.
        PlacementCase.Measure(sizes[1], isMixed: true);
        var cases = new List<PlacementCase>();
        foreach (var isMixed in (bool[])[false, true])
        {
            foreach (var disks in sizes)
            {
                cases.Add(PlacementCase.Measure(disks, isMixed));
                await Console.Error.WriteLineAsync(string.Join(" | ", Row(cases[^1])));
            }
        }

        var text = Report.Table(
            [
                "disks", "weights", "solved in s", "fullest / share", "after a change", "emptiest / share", "primaries - share",
                "+ disk", "- disk", "drain disk", "+ node", "- node", "drain node", "slowest change, s",
            ],
            cases.Select(Row).Append(
            [
                "bar", "", Bar(SecondsBar), Bar(FullestBar), Bar(FullestBar), "", "", .. Enumerable.Repeat(Bar(MovementBar), 6), Bar(SecondsBar),
            ])) + "\n" + Report.Host("./uss bench placement") + ".\n";
        Console.WriteLine(text);
        if (options.UpdatesReadme)
            Report.UpdateReadme("placement", text);
        return options.ChecksBars && !cases.All(IsMet) ? 1 : 0;
    }

    private static bool IsMet(PlacementCase one) =>
        one.FullestAfterChange <= FullestBar && one.Movement.All(ratio => ratio <= MovementBar)
        && Math.Max(one.SolveSeconds, one.SlowestChangeSeconds) <= SecondsBar;

    private static string Bar(double value) => "<= " + Report.Figure(value, value < 2 ? 2 : 0);

    private static string[] Row(PlacementCase one) =>
    [
        Report.Figure(one.Disks, 0),
        one.IsMixed ? "1 : 2 : 4" : "equal",
        Report.Figure(one.SolveSeconds, 3),
        Report.Figure(one.Fullest, 4),
        Report.Figure(one.FullestAfterChange, 4),
        Report.Figure(one.Emptiest, 4),
        $"{Report.Figure(one.EmptiestPrimary, 2)} to {Report.Figure(one.FullestPrimary, 2)}",
        .. one.Movement.Select(ratio => Report.Figure(ratio, 3)),
        Report.Figure(one.SlowestChangeSeconds, 3),
    ];
}
