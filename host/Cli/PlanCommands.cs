using System.CommandLine;
using System.Globalization;
using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss placement plan</c>, and how commands show their plan and ask before they act.</summary>
internal static class PlanCommands
{
    public static Option<bool> Yes { get; } = new("--yes", "-y") { Description = "Go on without asking" };

    public static Option<bool> DryRun { get; } = new("--dry-run") { Description = "Only show the plan" };

    public static Verb Create()
    {
        var drain = new Option<string[]>("--drain") { Description = "A node or disk that would drain; repeatable", HelpName = "NODE|DISK" };
        var undrain = new Option<string[]>("--undrain") { Description = "One that would take its share again", HelpName = "NODE|DISK" };
        var add = new Option<string[]>("--add")
        {
            Description = "A disk that would be added; +NODE for a node that is not there yet",
            HelpName = "NODE:SIZE",
        };
        return new Verb(
            "plan",
            "Say what a change of disks or nodes would move; changes nothing",
            "uss placement plan --drain node3",
            "uss placement plan --drain node2/disk0 --add node2:2T",
            "uss placement plan --add +node4:4T").With(drain, undrain, add).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var query = Query(parsed.GetValue(drain) ?? [], parsed.GetValue(undrain) ?? [], (parsed.GetValue(add) ?? []).Select(Addition));
            Print(GlobalOptions.PrinterOf(parsed), await api.ListAsync<ChangePlanView>("placement/plan" + query, cancel));
        });
    }

    public static string Query(IEnumerable<string> drain, IEnumerable<string>? undrain = null, IEnumerable<string>? add = null) =>
        "?" + string.Join('&', drain.Select(name => Pair("drain", name))
            .Concat((undrain ?? []).Select(name => Pair("undrain", name)))
            .Concat((add ?? []).Select(disk => Pair("add", disk))));

    /// <summary>Shows what a change does, and asks whether to go on.</summary>
    /// <returns>False when only the plan was asked for.</returns>
    public static bool Agree(ParseResult parsed, IReadOnlyList<ChangePlanView> plan, string action)
    {
        var isDryRun = parsed.GetValue(DryRun);
        var printer = GlobalOptions.PrinterOf(parsed);
        if (isDryRun || !printer.IsJson)
            Print(printer, plan, isErrorToFollow: !isDryRun);
        if (isDryRun)
            return false;
        if (plan.FirstOrDefault(pool => pool.IsRefused)?.Problem is { } problem)
            throw new CommandFailure(new Fault(problem.Code, problem.Message, problem.Fix));
        Ask(parsed, action);
        return true;
    }

    /// <summary>Asks whether to go on, unless the command line says so.</summary>
    public static void Ask(ParseResult parsed, string action)
    {
        if (parsed.GetValue(Yes))
            return;
        if (!Console.IsInputRedirected)
        {
            Console.Error.Write($"{action}? [y/N] ");
            if (Console.In.ReadLine()?.Trim() is "y" or "Y" or "yes")
                return;
        }

        throw new CommandFailure(new Fault(
            "confirmation-required", "Not confirmed; nothing was done.", "Add --yes, or --dry-run to see the plan only."));
    }

    /// <summary>Shows what a change does.</summary>
    /// <param name="printer">Where.</param>
    /// <param name="plan">What.</param>
    /// <param name="isErrorToFollow">A refusal is told as the command's error, so that it need not be told here.</param>
    public static void Print(Printer printer, IReadOnlyList<ChangePlanView> plan, bool isErrorToFollow = false)
    {
        printer.List(
            plan,
            ("pool", pool => pool.Pool),
            ("copies to move", pool => Text(pool.MovedCopies)),
            ("bytes", pool => ByteSize.Format(pool.MovedBytes)),
            ("time", pool => pool.MovedBytes == 0 ? "-" : $"{TimeSpan.FromSeconds(Math.Ceiling(pool.Seconds)):c}"),
            ("stay stuck", pool => Text(pool.StuckCopies)),
            ("new primaries", pool => Text(pool.PrimaryChanges)),
            ("copies meanwhile", pool => $"{pool.FewestCopies} or more"),
            ("groups that wait", pool => Text(pool.GroupsBelowMinimum)),
            ("fullest then", pool => pool.MovedCopies == 0 ? "-" : Text(pool.FullestPercent)));
        if (plan.Any(pool => pool.MovedBytes > 0))
        {
            printer.Note("times are estimated with 100 MiB/s a disk; while clients are busy it takes longer");
            printer.Note("a copy stays until its successor is complete");
        }

        foreach (var pool in plan.Where(pool => pool.GroupsAfter > pool.Groups))
            printer.Note($"the {pool.Groups} placement groups of pool '{pool.Pool}' are split into {pool.GroupsAfter}, which moves no data");
        foreach (var pool in plan.Where(pool => pool.Problem is not null && !(isErrorToFollow && pool.IsRefused)))
            printer.Note($"{(pool.IsRefused ? "refused" : "note")}: {pool.Problem!.Message}\nfix: {pool.Problem.Fix}");
    }

    private static string Addition(string text)
    {
        var parts = text.Split(':', 2);
        if (parts.Length != 2)
            throw CommandFailure.Usage($"--add: '{text}' is no disk to add.", "Give NODE:SIZE, for example node2:2T.");
        return parts[0] + ":" + VolumeCommands.SizeOf(parts[1], "--add").ToString(CultureInfo.InvariantCulture);
    }

    private static string Pair(string name, string value) => $"{name}={Uri.EscapeDataString(value)}";

    private static string Text(double percent) => percent.ToString("0.0", CultureInfo.InvariantCulture) + " %";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
