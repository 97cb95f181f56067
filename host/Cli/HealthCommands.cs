using System.Text.Json;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss health</c> and <c>uss watch</c></summary>
internal static class HealthCommands
{
    private const int WaitSeconds = 20;

    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(1);

    public static Verb Health()
    {
        var verb = new Verb(
            "health",
            "Show what is wrong, what follows and what mends it; ends with 0: healthy, 1: degraded, 2: failed, 3: no service",
            "uss health",
            "uss health -o json");
        verb.SetAction(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var health = await api.GetAsync<HealthView>("health", cancel);
            var printer = GlobalOptions.PrinterOf(parsed);
            printer.Done(health, health.State + (health.Redundancy.Length > 0 ? $": {health.Redundancy}" : ""));
            foreach (var problem in health.Problems)
            {
                printer.Note(
                    $"\n{problem.Code} ({problem.Severity})\n  what:    {problem.What}\n  effect:  {problem.Effect}\n"
                    + $"  fix:     {problem.Fix}"
                    + (problem.Command is { } command ? $"\n  command: {command}" : ""));
            }

            return ExitCodeOf(health.State);
        });
        return verb;
    }

    public static Verb Watch() => new Verb(
        "watch",
        "Print what happens as it happens, until Ctrl-C: nodes and disks lost and back, placement groups, recovery, volumes",
        "uss watch",
        "uss watch -o json   # one object a line").Does(async (parsed, cancel) =>
    {
        var output = parsed.InvocationConfiguration.Output;
        var isJson = GlobalOptions.PrinterOf(parsed).IsJson;
        string? cursor = null;
        var hasBegun = false;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                // A client stays with the node that it found; when that one is gone the next finds another.
                using var api = new ApiClient(GlobalOptions.DataOf(parsed));
                if (!hasBegun)
                    Print(output, isJson, await StateAsync(api, cancel));
                hasBegun = true;
                while (true)
                {
                    var after = cursor is null ? "" : $"&after={Uri.EscapeDataString(cursor)}";
                    var page = await api.GetAsync<ListPage<EventView>>($"events?waitSeconds={WaitSeconds}{after}", cancel);
                    cursor = page.NextCursor;
                    foreach (var item in page.Items)
                        Print(output, isJson, item);
                }
            }
            catch (CommandFailure failure) when (hasBegun && failure.Fault.Code is "no-service" or "no-answer")
            {
                if (cursor is not null)
                    Print(output, isJson, Local("no-service", "warning", failure.Fault.Message));
                cursor = null;
                await Task.Delay(_retry, cancel);
            }
        }
    });

    /// <summary>The exit code that a state stands for, as monitoring plugins have it.</summary>
    internal static int ExitCodeOf(string state) => state switch
    {
        "healthy" => ExitCode.Ok,
        "failed" => 2,
        _ => 1,
    };

    private static async Task<EventView> StateAsync(ApiClient api, CancellationToken cancel)
    {
        var health = await api.GetAsync<HealthView>("health", cancel);
        var problems = string.Concat(health.Problems.Select(problem => " " + problem.What));
        var severity = health.State switch { "healthy" => "info", "failed" => "error", _ => "warning" };
        return Local("watching", severity, $"The service is {health.State}.{problems}");
    }

    private static EventView Local(string kind, string severity, string message) =>
        new() { Time = DateTimeOffset.UtcNow, Kind = kind, Severity = severity, Subject = "", Message = message };

    private static void Print(TextWriter output, bool isJson, EventView item)
    {
        output.WriteLine(isJson
            ? JsonSerializer.Serialize(item, ApiJson.Default.EventView)
            : $"{item.Time.ToLocalTime():HH:mm:ss}  {item.Severity,-7}  {item.Message}");
        output.Flush();
    }
}
