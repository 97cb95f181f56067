using System.CommandLine;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.Host.Cli;

/// <summary><c>uss node set|drain|undrain|maintenance|rm</c></summary>
internal static class NodeChangeCommands
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(500);

    public static Verb Set()
    {
        var name = Name();
        var rack = new Option<string?>("--rack") { Description = "The rack that the node stands in", HelpName = "RACK" };
        var site = new Option<string?>("--site") { Description = "The site of the rack", HelpName = "SITE" };
        return new Verb(
            "set",
            "Tell where a node stands; copies move where a pool's failure domains ask for it",
            "uss node set node2 --rack r2 --dry-run",
            "uss node set node3 --rack r1 --site b --yes").With(name, rack, site, PlanCommands.Yes, PlanCommands.DryRun)
            .Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var node = await FindAsync(api, parsed.GetRequiredValue(name), cancel);
            var body = new ChangeNode { Rack = parsed.GetValue(rack), Site = parsed.GetValue(site) };
            var query = string.Join('&', new[] { ("rack", body.Rack), ("site", body.Site) }
                .Where(pair => pair.Item2 is not null).Select(pair => $"{pair.Item1}={Uri.EscapeDataString(pair.Item2!)}"));
            var plan = await api.ListAsync<ChangePlanView>($"{PathOf(node.Name)}/plan?{query}", cancel);
            if (!PlanCommands.Agree(parsed, plan, $"Put {node.Name} into rack {body.Rack ?? node.Rack} at site {body.Site ?? node.Site}"))
                return;
            await api.PatchAsync<ChangeNode, ListPage<ChangePlanView>>(PathOf(node.Name), body, cancel);
            var now = await FindAsync(api, node.Name, cancel);
            GlobalOptions.PrinterOf(parsed).Done(now, $"{now.Name} stands in rack {now.Rack} at site {now.Site}");
        });
    }

    public static Verb Drain()
    {
        var name = Name();
        var stop = new Option<bool>("--stop") { Description = "End the drain, as `uss node undrain`" };
        var wait = new Option<bool>("--wait") { Description = "Wait until nothing is left on them, and tell how it goes" };
        return new Verb(
            "drain",
            "Move everything off a node's disks while clients keep working",
            "uss node drain node3 --dry-run",
            "uss node drain node3 --wait --yes",
            "uss node drain node3 --stop --yes").With(name, stop, wait, PlanCommands.Yes, PlanCommands.DryRun).Does((parsed, cancel) =>
                SetDrainAsync(parsed, parsed.GetRequiredValue(name), !parsed.GetValue(stop), parsed.GetValue(wait), cancel));
    }

    public static Verb Undrain()
    {
        var name = Name();
        return new Verb("undrain", "Give a node's disks their share again", "uss node undrain node3 --yes")
            .With(name, PlanCommands.Yes, PlanCommands.DryRun)
            .Does((parsed, cancel) => SetDrainAsync(parsed, parsed.GetRequiredValue(name), false, false, cancel));
    }

    public static Verb Maintenance()
    {
        var name = Name();
        var state = new Argument<string>("STATE") { Description = "on or off" };
        state.AcceptOnlyFromAmong("on", "off");
        return new Verb(
            "maintenance",
            "Prepare a node for a planned stop: other nodes take over what it leads, nothing is copied",
            "uss node maintenance node2 on --yes",
            "uss node maintenance node2 off").With(name, state, Confirmation.Option, PlanCommands.Yes, PlanCommands.DryRun)
            .Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var (node, printer) = (parsed.GetRequiredValue(name), GlobalOptions.PrinterOf(parsed));
            var path = PathOf(node) + "/maintenance";
            var confirm = parsed.GetValue(Confirmation.Option);
            if (parsed.GetRequiredValue(state) == "off")
            {
                await api.DeleteAsync<ListPage<ChangePlanView>>(path, cancel);
            }
            else
            {
                var plan = await api.ListAsync<ChangePlanView>(path, cancel);

                // The name also confirms that groups will wait.
                if (confirm == node)
                    plan = [.. plan.Select(pool => pool with { IsRefused = false })];
                if (confirm == node && !parsed.GetValue(PlanCommands.DryRun))
                    PlanCommands.Print(printer, plan);
                else if (!PlanCommands.Agree(parsed, plan, $"Prepare {node} for a stop"))
                    return;
                await api.PutAsync<ChangePlanView>(
                    confirm is null ? path : $"{path}?confirm={Uri.EscapeDataString(confirm)}", cancel);
            }

            var now = await FindAsync(api, node, cancel);
            printer.Done(now, now.Mode == "maintenance" ? $"{node} is in maintenance" : $"{node} is not in maintenance");
            if (now.Mode == "maintenance")
                printer.Note("stop it once `uss node ls` shows 0 groups that it leads");
        });
    }

    public static Verb Remove()
    {
        var name = Name();
        return new Verb(
            "rm",
            "Take a drained node out of the cluster",
            "uss node rm node3                # asks for the name",
            "uss node rm node3 --confirm node3").With(name, Confirmation.Option).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var node = await FindAsync(api, parsed.GetRequiredValue(name), cancel);

            // With copies on it, the service refuses and says so.
            if (node.Copies == 0)
            {
                var disks = node.Disks == 1 ? "its disk" : $"its {node.Disks} disks";
                var consequence = $"This takes {node.Name} and {disks} out of the cluster. The node stops, and its portals with it.";
                Confirmation.Obtain(parsed, "node", node.Name, consequence);
            }

            var removed = await api.DeleteAsync<NodeView>($"{PathOf(node.Name)}?confirm={Uri.EscapeDataString(node.Name)}", cancel);
            GlobalOptions.PrinterOf(parsed).Done(removed, $"removed node {removed.Name}");
        });
    }

    private static async Task SetDrainAsync(
        ParseResult parsed, string name, bool isDraining, bool isAwaited, CancellationToken cancel)
    {
        using var api = new ApiClient(GlobalOptions.DataOf(parsed));
        await FindAsync(api, name, cancel);
        string[] target = ["node/" + name];
        var query = isDraining ? PlanCommands.Query(target) : PlanCommands.Query([], target);
        var plan = await api.ListAsync<ChangePlanView>("placement/plan" + query, cancel);
        if (!PlanCommands.Agree(parsed, plan, isDraining ? $"Drain {name}" : $"Give {name} its share again"))
            return;
        var path = PathOf(name) + "/drain";
        if (isDraining)
            await api.PutAsync<ChangePlanView>(path, cancel);
        else
            await api.DeleteAsync<ListPage<ChangePlanView>>(path, cancel);
        var node = await FindAsync(api, name, cancel);
        var printer = GlobalOptions.PrinterOf(parsed);
        for (var told = int.MaxValue; isAwaited && isDraining && node.Mode == "draining"; node = await FindAsync(api, name, cancel))
        {
            if (node.Copies < told)
                printer.Note($"{node.Copies} copies are left");
            told = node.Copies;
            await Task.Delay(_look, cancel);
        }

        printer.Done(
            node,
            !isDraining ? $"{name} takes its share again"
                : node.Mode == "drained" ? $"{name} is drained: nothing is left on it"
                : $"{name} is {node.Mode}, {node.Copies} copies are left");
        if (node.Mode == "draining")
            printer.Note("see what is left: uss node ls");
        else if (node.Mode == "drained")
            printer.Note($"take it out of the cluster: uss node rm {name}");
    }

    private static async Task<NodeView> FindAsync(ApiClient api, string name, CancellationToken cancel) =>
        (await api.ListAsync<NodeView>("nodes", cancel)).FirstOrDefault(node => node.Name == name)
        ?? throw new CommandFailure(Faults.NodeNotFound(name));

    private static Argument<string> Name() => new("NODE") { Description = "The node" };

    private static string PathOf(string name) => "nodes/" + Uri.EscapeDataString(name);
}
