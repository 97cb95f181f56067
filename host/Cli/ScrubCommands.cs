using System.CommandLine;
using System.Globalization;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss scrub ...</c></summary>
internal static class ScrubCommands
{
    public static Verb Create() => new Verb(
        "scrub", "Read all copies of all data from the disks, compare them, and repair what is damaged").With(Start(), List());

    private static Verb Start()
    {
        var pool = Pool();
        var group = new Option<int?>("--group") { Description = "Only this placement group of the pool", HelpName = "N" };
        return new Verb(
            "start",
            "Begin a scrub now; it runs in the background, behind clients",
            "uss scrub start",
            "uss scrub start --pool copies-3 --group 17").With(pool, group).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var body = new StartScrub { Pool = parsed.GetValue(pool), Group = parsed.GetValue(group) };
            var started = await api.PostAsync<StartScrub, ScrubStartedView>("scrubs", body, cancel);
            var printer = GlobalOptions.PrinterOf(parsed);
            printer.Done(started, $"asked for a scrub of {started.Groups} placement groups");
            printer.Note("see how it goes: uss scrub ls");
        });
    }

    private static Verb List()
    {
        var pool = Pool();
        return new Verb(
            "ls",
            "Show how the scrubs stand and what the last ones found: by pool, or by group of one pool",
            "uss scrub ls",
            "uss scrub ls --pool copies-3").With(pool).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var name = parsed.GetValue(pool);
            var scrubs = await api.ListAsync<ScrubView>(name is null ? "scrubs" : "scrubs?pool=" + Uri.EscapeDataString(name), cancel);
            var printer = GlobalOptions.PrinterOf(parsed);
            if (name is null && !printer.IsJson)
                ListPools(printer, scrubs);
            else
                ListGroups(printer, scrubs);
            foreach (var lost in scrubs.SelectMany(scrub => scrub.Lost))
            {
                printer.Note(
                    $"problem: Volume '{lost.Volume}' has no good copy of the {lost.Length} bytes from {lost.Offset} on.\n"
                    + "fix: Write them again, from a backup for example; until then they cannot be read.");
            }
        });
    }

    private static void ListPools(Printer printer, IReadOnlyList<ScrubView> scrubs) => printer.List(
        [.. scrubs.GroupBy(scrub => scrub.Pool)],
        ("pool", pool => pool.Key),
        ("groups", pool => Text(pool.Count())),
        ("scrubbed", pool => Text(pool.Count(scrub => scrub.State == "done"))),
        ("due", pool => Text(pool.Count(scrub => scrub.State is "due" or "running"))),
        ("longest ago", pool => pool.Any(scrub => scrub.Ended is null) ? "never" : $"{pool.Min(scrub => scrub.Ended):u}"),
        ("copies read", pool => Text(pool.Sum(scrub => scrub.CopiesRead))),
        ("damaged", pool => Text(pool.Sum(scrub => scrub.Damaged))),
        ("outdated", pool => Text(pool.Sum(scrub => scrub.Outdated))),
        ("repaired", pool => Text(pool.Sum(scrub => scrub.Repaired))),
        ("lost blocks", pool => Text(pool.Sum(scrub => scrub.Unrepairable))));

    private static void ListGroups(Printer printer, IReadOnlyList<ScrubView> scrubs) => printer.List(
        scrubs,
        ("pool", scrub => scrub.Pool),
        ("group", scrub => Text(scrub.Group)),
        ("state", StateOf),
        ("ended", scrub => scrub.Ended is { } ended ? $"{ended:u}" : "never"),
        ("copies read", scrub => Text(scrub.CopiesRead)),
        ("damaged", scrub => Text(scrub.Damaged)),
        ("outdated", scrub => Text(scrub.Outdated)),
        ("repaired", scrub => Text(scrub.Repaired)),
        ("lost blocks", scrub => Text(scrub.Unrepairable)));

    private static string StateOf(ScrubView scrub) =>
        scrub.Percent is { } percent ? string.Create(CultureInfo.InvariantCulture, $"running, {percent:0} %") : scrub.State;

    private static Option<string?> Pool() => new("--pool") { Description = "Only this pool", HelpName = "POOL" };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
