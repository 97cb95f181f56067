using System.CommandLine;
using System.Globalization;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss pool show|set|rm</c></summary>
internal static class PoolChangeCommands
{
    public static Verb Show()
    {
        var name = Name();
        return new Verb("show", "Show one pool with its volumes", "uss pool show fast").With(name).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var pool = await api.GetAsync<PoolView>(PathOf(parsed.GetRequiredValue(name)), cancel);
            var inside = (await api.ListAsync<VolumeView>("volumes", cancel)).Where(volume => volume.Pool == pool.Name);
            var volumes = string.Join(", ", inside.Select(volume => volume.Name));
            GlobalOptions.PrinterOf(parsed).One(
                pool,
                ("name", pool.Name),
                ("copies", Text(pool.Copies)),
                ("at least", Text(pool.MinimumCopies) + (pool.IsMinimumDefault ? " (default)" : "")),
                ("on different", pool.FailureDomain + "s"),
                ("class", pool.Class ?? "any"),
                ("groups", $"{Text(pool.Groups)}, {Text(pool.DegradedGroups)} degraded, {Text(pool.UnavailableGroups)} unavailable"),
                ("volumes", volumes.Length == 0 ? "none" : volumes));
        });
    }

    public static Verb Set()
    {
        var name = Name();
        var copies = new Option<int?>("--copies") { Description = "Copies of every block", HelpName = "N" };
        var minimum = new Option<int?>("--min-copies")
        {
            Description = "Copies that must be durable before a write is acknowledged",
            HelpName = "N",
        };
        return new Verb(
            "set",
            "Change how many copies a pool has, and how many of them a write needs",
            "uss pool set fast --min-copies 1 --yes",
            "uss pool set fast --copies 2 --dry-run").With(name, copies, minimum, PlanCommands.Yes, PlanCommands.DryRun)
            .Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var path = PathOf(parsed.GetRequiredValue(name));
            var present = await api.GetAsync<PoolView>(path, cancel);
            var body = new ChangePool { Copies = parsed.GetValue(copies), MinimumCopies = parsed.GetValue(minimum) };
            var query = (body.Copies is { } number ? $"copies={Text(number)}&" : "")
                + (body.MinimumCopies is { } least ? $"minimumCopies={Text(least)}" : "");
            var plan = await api.ListAsync<ChangePlanView>($"{path}/plan?{query}", cancel);
            if (!PlanCommands.Agree(parsed, plan, $"Change pool {present.Name}"))
                return;
            await api.PatchAsync<ChangePool, ListPage<ChangePlanView>>(path, body, cancel);
            var now = await api.GetAsync<PoolView>(path, cancel);
            var printer = GlobalOptions.PrinterOf(parsed);
            printer.Done(now, $"pool {now.Name} has {Text(now.Copies)} copies, at least {Text(now.MinimumCopies)}");
            if (now.Copies > present.Copies)
                printer.Note($"the new copies are made in the background; see how it goes: uss pool show {now.Name}");
        });
    }

    public static Verb Remove()
    {
        var name = Name();
        return new Verb(
            "rm",
            "Remove a pool; refused while it holds volumes",
            "uss pool rm fast                # asks for the name",
            "uss pool rm fast --confirm fast").With(name, Confirmation.Option).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var pool = await api.GetAsync<PoolView>(PathOf(parsed.GetRequiredValue(name)), cancel);

            // With volumes in it, the service refuses and says so.
            if (pool.Volumes == 0)
                Confirmation.Obtain(parsed, "pool", pool.Name, $"This removes pool {pool.Name}, which holds no volume.");
            var removed = await api.DeleteAsync<PoolView>($"{PathOf(pool.Name)}?confirm={Uri.EscapeDataString(pool.Name)}", cancel);
            GlobalOptions.PrinterOf(parsed).Done(removed, $"removed pool {removed.Name}");
        });
    }

    private static Argument<string> Name() => new("NAME") { Description = "The pool" };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string PathOf(string name) => "pools/" + Uri.EscapeDataString(name);
}
