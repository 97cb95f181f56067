using System.CommandLine;
using System.Globalization;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss placement recover</c></summary>
internal static class RecoveryCommands
{
    public static Verb Recover()
    {
        var pool = new Option<string>("--pool") { Description = "The pool", HelpName = "POOL", Required = true };
        var group = new Option<int?>("--group") { Description = "The placement group [default: all that wait for it]", HelpName = "N" };
        var from = new Option<string>("--from")
        {
            Description = "The disk to go on from: its name (in a cluster NODE/NAME), path or id",
            HelpName = "DISK",
            Required = true,
        };
        return new Verb(
            "recover",
            "Last resort: let groups go on from one disk when the disks that hold everything are gone for good",
            "uss placement recover --pool copies-3 --group 17 --from node2/disk0",
            "uss placement recover --pool copies-3 --from node2/disk0 --confirm copies-3").With(pool, group, from, Confirmation.Option)
            .Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var name = parsed.GetRequiredValue(pool);
            var disk = parsed.GetRequiredValue(from);
            var query = $"?pool={Uri.EscapeDataString(name)}&from={Uri.EscapeDataString(disk)}"
                + (parsed.GetValue(group) is { } one ? string.Create(CultureInfo.InvariantCulture, $"&group={one}") : "");
            var plans = await api.ListAsync<RecoveryView>("placement/recovery" + query, cancel);
            var printer = GlobalOptions.PrinterOf(parsed);
            printer.List(
                plans,
                ("group", plan => Text(plan.Group)),
                ("from", plan => plan.From),
                ("in sync", plan => string.Join(", ", plan.InSync)),
                ("epoch", plan => Text(plan.Epoch)),
                ("epochs behind", plan => plan.EpochsBehind is { } behind ? Text(behind) : "unknown"),
                ("changes lost", LostOf),
                ("volumes (blocks held, of these old or new)", plan => string.Join(
                    ", ", plan.Volumes.Select(held => $"{held.Volume} ({Text(held.Blocks)}, {Text(held.NewerBlocks)})"))));
            var consequence = plans.All(plan => plan.Complete)
                ? $"{disk} holds every acknowledged write of these {plans.Count} groups; they go on with this copy alone."
                : $"Acknowledged writes of these {plans.Count} groups that {disk} does not hold are lost for good, "
                    + "even if the other disks return.";
            Confirmation.Obtain(parsed, "pool", name, consequence);
            foreach (var plan in plans)
            {
                var body = new RecoverGroup { Pool = name, Group = plan.Group, From = disk, Epoch = plan.Epoch, Confirm = name };
                await api.PostAsync<RecoverGroup, RecoveryView>("placement/recovery", body, cancel);
            }

            printer.Note($"{plans.Count} groups go on from {disk}; other copies are made as disks are there");
        });
    }

    private static string LostOf(RecoveryView plan) =>
        plan.Complete ? "none" : plan.ChangesLostAtLeast is { } lost ? $"{Text(lost)} or more" : "unknown";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
