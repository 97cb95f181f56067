using System.CommandLine;
using Uss.Volumes;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.Host.Cli;

/// <summary><c>uss disk add|set|rm|replace|safe-to-pull</c></summary>
internal static class DiskChangeCommands
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(500);

    private static readonly Option<string?> _node = new("--node")
    {
        Description = "The node that the disk is at [default: the one that answers]",
        HelpName = "NODE",
    };

    private static readonly Option<string?> _size = new("--size", "-s")
    {
        Description = "Size of the file to make when there is none",
        HelpName = "SIZE",
    };

    private static readonly Option<bool> _format = new("--format") { Description = "Format the disk though it holds something else" };

    private static readonly Option<string?> _class = new("--class")
    {
        Description = "Device class that pools may ask for [default: of a block device ssd or hdd, as the kernel says]",
        HelpName = "CLASS",
    };

    private static readonly Option<bool> _noWait = new("--no-wait")
    {
        Description = "Begin to drain it, and do not wait until it is empty",
    };

    public static Verb AddDisk()
    {
        var path = new Argument<string>("PATH") { Description = "Block device or file at the node" };
        return new Verb(
            "add",
            "Give a node another disk; it gets its share of the data while clients keep working",
            "uss disk add /dev/sdc --yes",
            "uss disk add /srv/uss/disk3.uss --size 100G --class ssd --yes").With(
                path, _node, _size, _format, _class, PlanCommands.Yes, PlanCommands.DryRun).Does(async (parsed, cancel) =>
        {
            var wanted = parsed.GetValue(_node);
            using var api = new ApiClient(NodeFolder(parsed, wanted));
            var body = Body(parsed, parsed.GetRequiredValue(path));
            if (!PlanCommands.Agree(parsed, await PlanAsync(api, body, null, cancel), $"Add {body.Path}"))
                return;
            var disk = await api.PostAsync<AddDisk, DiskView>("disks", body, cancel);
            GlobalOptions.PrinterOf(parsed).Done(disk, $"added disk {disk.FullName}, {ByteSize.Format(disk.DataBytes)}");
        });
    }

    public static Verb Set()
    {
        var name = Disk();
        var diskClass = new Option<string>("--class")
        {
            Description = "Its device class, for example ssd; any: none in particular",
            HelpName = "CLASS",
            Required = true,
        };
        return new Verb(
            "set",
            "Change a disk's class; copies move to and from it as pools ask for classes",
            "uss disk set node2/disk0 --class ssd --dry-run",
            "uss disk set disk1 --class any --yes").With(name, diskClass, PlanCommands.Yes, PlanCommands.DryRun).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var disk = await FindAsync(api, parsed.GetRequiredValue(name), cancel);
            var wanted = parsed.GetRequiredValue(diskClass);
            var plan = await api.ListAsync<ChangePlanView>($"{PathOf(disk)}/plan?class={Uri.EscapeDataString(wanted)}", cancel);
            if (!PlanCommands.Agree(parsed, plan, $"Make {disk.FullName} a disk of class {wanted}"))
                return;
            await api.PatchAsync<ChangeDisk, ListPage<ChangePlanView>>(PathOf(disk), new ChangeDisk { Class = wanted }, cancel);
            var now = await FindAsync(api, disk.Id!, cancel);
            GlobalOptions.PrinterOf(parsed).Done(now, $"disk {now.FullName} is of class {now.Class ?? TopologyRules.AnyClass}");
        });
    }

    public static Verb Remove()
    {
        var name = Disk();
        return new Verb(
            "rm",
            "Drain a disk and take it out of use once it is empty",
            "uss disk rm node2/disk0 --confirm node2/disk0",
            "uss disk rm disk1 --no-wait --confirm disk1").With(name, _noWait, Confirmation.Option, PlanCommands.DryRun)
            .Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var disk = await FindAsync(api, parsed.GetRequiredValue(name), cancel);
            var plan = await api.ListAsync<ChangePlanView>("placement/plan" + PlanCommands.Query(["disk/" + disk.Id]), cancel);
            if (!Confirm(parsed, disk, plan, $"This moves everything off disk {disk.FullName} and takes it out of use."))
                return;
            await RemoveAsync(parsed, api, disk, cancel);
        });
    }

    public static Verb Replace()
    {
        var name = Disk();
        var path = new Argument<string>("NEWPATH") { Description = "Block device or file that takes its place, at the node that answers" };
        return new Verb(
            "replace",
            "Add a disk in the place of another one, which is drained and taken out of use",
            "uss disk replace disk1 /dev/sdd --confirm disk1").With(
                name, path, _size, _format, _class, _noWait, Confirmation.Option, PlanCommands.DryRun).Does(async (parsed, cancel) =>
        {
            using var finder = new ApiClient(GlobalOptions.DataOf(parsed));
            var disk = await FindAsync(finder, parsed.GetRequiredValue(name), cancel);

            // The new one is opened where the old one is.
            using var api = new ApiClient(NodeFolder(parsed, disk.Node));
            var body = Body(parsed, parsed.GetRequiredValue(path)) with { Node = disk.Node, Replaces = disk.Id };
            var plan = await PlanAsync(api, body, disk, cancel);
            if (!Confirm(parsed, disk, plan, $"This puts {body.Path} in the place of disk {disk.FullName}, which is taken out of use."))
                return;
            var added = await api.PostAsync<AddDisk, DiskView>("disks", body, cancel);
            GlobalOptions.PrinterOf(parsed).Note($"added disk {added.FullName}, {ByteSize.Format(added.DataBytes)}");
            await RemoveAsync(parsed, api, disk, cancel);
        });
    }

    public static Verb Undrain()
    {
        var name = Disk();
        return new Verb(
            "undrain",
            "End the drain of a disk that was to be removed; it takes its share again",
            "uss disk undrain node2/disk0 --yes").With(name, PlanCommands.Yes, PlanCommands.DryRun).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var disk = await FindAsync(api, parsed.GetRequiredValue(name), cancel);
            var plan = await api.ListAsync<ChangePlanView>("placement/plan" + PlanCommands.Query([], ["disk/" + disk.Id]), cancel);
            if (!PlanCommands.Agree(parsed, plan, $"Give {disk.FullName} its share again"))
                return;
            await api.DeleteAsync<ListPage<ChangePlanView>>(PathOf(disk) + "/drain", cancel);
            var now = await FindAsync(api, disk.Id!, cancel);
            GlobalOptions.PrinterOf(parsed).Done(now, now.IsDraining
                ? $"disk {disk.FullName} drains with its node; end that with `uss node undrain {disk.Node}`"
                : $"disk {disk.FullName} takes its share again");
        });
    }

    public static Verb SafeToPull()
    {
        var name = Disk();
        var verb = new Verb(
            "safe-to-pull",
            "Say whether a disk can be pulled out now; exit code 0: yes, 1: no",
            "uss disk safe-to-pull node2/disk0").With(name);
        verb.SetAction(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var disk = await FindAsync(api, parsed.GetRequiredValue(name), cancel);
            var pull = await api.GetAsync<PullView>(PathOf(disk) + "/safe-to-pull", cancel);
            GlobalOptions.PrinterOf(parsed).Done(pull, $"{(pull.IsSafe ? "yes" : "no")}: {pull.Reason}");
            return pull.IsSafe ? ExitCode.Ok : ExitCode.Failed;
        });
        return verb;
    }

    // Drains the disk, waits until it is empty, and takes it out of the records.
    private static async Task RemoveAsync(ParseResult parsed, ApiClient api, DiskView disk, CancellationToken cancel)
    {
        var printer = GlobalOptions.PrinterOf(parsed);
        await api.PutAsync<ChangePlanView>(PathOf(disk) + "/drain", cancel);
        var left = await FindAsync(api, disk.Id!, cancel);
        if (left.Copies > 0 && parsed.GetValue(_noWait))
        {
            printer.Done(left, $"disk {disk.FullName} is draining, {left.Copies} copies are left");
            printer.Note("take it out of use with the same command once it is empty");
            return;
        }

        for (var told = int.MaxValue; left.Copies > 0; left = await FindAsync(api, disk.Id!, cancel))
        {
            if (left.Copies < told)
                printer.Note($"{left.Copies} copies are left");
            told = left.Copies;
            await Task.Delay(_look, cancel);
        }

        var removed = await api.DeleteAsync<DiskView>($"{PathOf(disk)}?confirm={Uri.EscapeDataString(disk.FullName)}", cancel);
        printer.Done(removed, $"removed disk {disk.FullName}");
    }

    private static bool Confirm(ParseResult parsed, DiskView disk, IReadOnlyList<ChangePlanView> plan, string consequence)
    {
        var (isDryRun, printer) = (parsed.GetValue(PlanCommands.DryRun), GlobalOptions.PrinterOf(parsed));
        if (isDryRun || !printer.IsJson)
            PlanCommands.Print(printer, plan, isErrorToFollow: !isDryRun);
        if (isDryRun)
            return false;
        if (plan.FirstOrDefault(pool => pool.IsRefused)?.Problem is { } problem)
            throw new CommandFailure(new Runtime.Fault(problem.Code, problem.Message, problem.Fix));

        // The short name does where it was used to name the disk.
        if (parsed.GetValue(Confirmation.Option) is not { } given || given != disk.Name)
            Confirmation.Obtain(parsed, "disk", disk.FullName, consequence);
        return true;
    }

    private static async Task<IReadOnlyList<ChangePlanView>> PlanAsync(
        ApiClient api, AddDisk body, DiskView? replaced, CancellationToken cancel)
    {
        var node = (await api.ListAsync<NodeView>("nodes", cancel)).First(known => known.IsAsked);

        // Another node's disk is refused by the service; there is no plan to show.
        if (body.Node is { } wanted && wanted != node.Name)
            return [];
        var size = body.SizeBytes ?? SizeOf(body.Path) ?? replaced?.DataBytes ?? 0;
        var diskClass = body.Class ?? replaced?.Class ?? TopologyRules.AnyClass;
        string[] add = size > 0 ? [$"{node.Name}:{size}:{diskClass}"] : [];
        string[] drain = replaced is null ? [] : ["disk/" + replaced.Id];
        return await api.ListAsync<ChangePlanView>("placement/plan" + PlanCommands.Query(drain, null, add), cancel);
    }

    // Of a file that can be seen from here; of a device it is not known before it is opened.
    private static long? SizeOf(string path) => new FileInfo(path) is { Exists: true, Length: > 0 } file ? file.Length : null;

    private static AddDisk Body(ParseResult parsed, string path) => new()
    {
        Path = Path.GetFullPath(path),
        Node = parsed.CommandResult.Command.Options.Contains(_node) ? parsed.GetValue(_node) : null,
        SizeBytes = parsed.GetValue(_size) is { } size ? VolumeCommands.SizeOf(size, "--size") : null,
        Format = parsed.GetValue(_format),
        Class = parsed.GetValue(_class),
    };

    // In the folder of a cluster on this machine, each node has its own.
    private static Serve.DataFolder NodeFolder(ParseResult parsed, string? node)
    {
        var whole = GlobalOptions.DataOf(parsed);
        if (node is null || File.Exists(whole.Socket))
            return whole;
        var own = new Serve.DataFolder(Path.Combine(whole.Path, node));
        return Directory.Exists(own.Path) ? own : whole;
    }

    private static async Task<DiskView> FindAsync(ApiClient api, string name, CancellationToken cancel)
    {
        var found = NodeService.FindOne(await api.ListAsync<DiskView>("disks", cancel), name);
        return found.IsOk ? found.Value : throw new CommandFailure(found.Fault);
    }

    private static Argument<string> Disk() => new("DISK") { Description = "The disk's name (in a cluster NODE/NAME), path or id" };

    private static string PathOf(DiskView disk) => "disks/" + disk.Id;
}
