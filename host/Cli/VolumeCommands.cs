using System.CommandLine;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss volume ...</c></summary>
internal static class VolumeCommands
{
    public static Verb Create() => new Verb("volume", "Create, list, grow and remove volumes").With(
        CreateVolume(), List(), Show(), Resize(), Remove());

    /// <summary>Turns the text of a size option into bytes, or ends the command.</summary>
    public static long SizeOf(string text, string option)
    {
        if (ByteSize.TryParse(text, out var sizeBytes, out var reason))
            return sizeBytes;
        throw CommandFailure.Usage(
            $"{option}: {reason}.", "Use a multiple of 512 bytes with K, M, G or T (powers of 1024), for example 50G.");
    }

    private static Verb CreateVolume()
    {
        var name = Name();
        var size = Size("Size that initiators see; it is thin and takes space as it is written");
        var copies = new Option<int?>("--copies")
        {
            Description = "Copies of each block, on different disks, in a cluster on different nodes [default: 1; in a cluster up to 3]",
            HelpName = "N",
        };
        var pool = new Option<string?>("--pool")
        {
            Description = "The pool that holds it, in place of --copies; see `uss pool ls`",
            HelpName = "POOL",
        };
        return new Verb(
            "create",
            "Create a thin volume",
            "uss volume create v1 --size 50G",
            "uss volume create db --size 1.5T --copies 2",
            "uss volume create vm --size 200G --pool fast").With(name, size, copies, pool).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var body = new CreateVolume
            {
                Name = parsed.GetRequiredValue(name),
                SizeBytes = SizeOf(parsed.GetRequiredValue(size), "--size"),
                Copies = parsed.GetValue(copies),
                Pool = parsed.GetValue(pool),
            };
            var volume = await api.PostAsync<CreateVolume, VolumeView>("volumes", body, cancel);
            var printer = GlobalOptions.PrinterOf(parsed);
            printer.Done(volume, $"created volume {volume.Name}, {ByteSize.Format(volume.SizeBytes)}");
            printer.Note($"show it to initiators: uss lun map {volume.Name}");
        });
    }

    private static Verb List() => new Verb("ls", "List volumes", "uss volume ls", "uss volume ls -o json").Does(async (parsed, cancel) =>
    {
        using var api = new ApiClient(GlobalOptions.DataOf(parsed));
        var volumes = await api.ListAsync<VolumeView>("volumes", cancel);
        var printer = GlobalOptions.PrinterOf(parsed);
        printer.List(
            volumes,
            ("name", volume => volume.Name),
            ("size", volume => ByteSize.Format(volume.SizeBytes)),
            ("used", volume => ByteSize.Format(volume.UsedBytes)),
            ("copies", volume => $"{volume.Copies}"),
            ("state", volume => volume.State),
            ("luns", volume => string.Join(",", volume.Luns.Select(lun => lun.Lun).Distinct())),
            ("id", volume => volume.Id));
        foreach (var problem in volumes.Where(volume => volume.Problem is not null).Select(volume => volume.Problem!))
            printer.Note($"problem: {problem.Message}\nfix: {problem.Fix}");
    });

    private static Verb Show()
    {
        var name = Name();
        return new Verb("show", "Show one volume", "uss volume show demo").With(name).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var volume = await api.GetAsync<VolumeView>(PathOf(parsed.GetRequiredValue(name)), cancel);
            var luns = volume.Luns.Select(lun =>
                $"{lun.Lun} for {lun.Initiator ?? "all initiators"}{(lun.ReadOnly ? ", read-only" : "")}");
            var printer = GlobalOptions.PrinterOf(parsed);
            printer.One(
                volume,
                ("name", volume.Name),
                ("id", volume.Id),
                ("size", $"{ByteSize.Format(volume.SizeBytes)} ({volume.SizeBytes} bytes)"),
                ("used", ByteSize.Format(volume.UsedBytes)),
                ("copies", $"{volume.Copies}"),
                ("pool", volume.Pool),
                ("state", volume.State),
                ("created", $"{volume.Created:u}"),
                ("luns", volume.Luns.Count == 0 ? "none" : string.Join("; ", luns)));
            if (volume.Problem is { } problem)
                printer.Note($"problem: {problem.Message}\nfix: {problem.Fix}");
        });
    }

    private static Verb Resize()
    {
        var name = Name();
        var size = Size("New size; not below the present one");
        return new Verb(
            "resize",
            "Grow a volume while it is in use",
            "uss volume resize v1 --size 100G").With(name, size).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var body = new ChangeVolume { SizeBytes = SizeOf(parsed.GetRequiredValue(size), "--size") };
            var volume = await api.PatchAsync<ChangeVolume, VolumeView>(PathOf(parsed.GetRequiredValue(name)), body, cancel);
            var printer = GlobalOptions.PrinterOf(parsed);
            printer.Done(volume, $"volume {volume.Name} is {ByteSize.Format(volume.SizeBytes)} now");
            printer.Note("on a logged-in Linux initiator: iscsiadm -m session --rescan");
        });
    }

    private static Verb Remove()
    {
        var name = Name();
        return new Verb(
            "rm",
            "Remove a volume and its data; refused while a LUN shows it",
            "uss volume rm v1                # asks for the name",
            "uss volume rm v1 --confirm v1").With(name, Confirmation.Option).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var volume = await api.GetAsync<VolumeView>(PathOf(parsed.GetRequiredValue(name)), cancel);
            if (volume.Luns.Count == 0)
            {
                var consequence = $"This destroys volume {volume.Name} ({ByteSize.Format(volume.SizeBytes)}) and all its data.";
                Confirmation.Obtain(parsed, "volume", volume.Name, consequence);
            }

            // While LUNs show it, the service refuses and says how to unmap.
            var removed = await api.DeleteAsync<VolumeView>(
                $"{PathOf(volume.Name)}?confirm={Uri.EscapeDataString(volume.Name)}", cancel);
            GlobalOptions.PrinterOf(parsed).Done(removed, $"removed volume {removed.Name}");
        });
    }

    private static Argument<string> Name() => new("NAME") { Description = "The volume" };

    private static Option<string> Size(string description) => new("--size", "-s")
    {
        Description = description + ": a multiple of 512 bytes with K, M, G or T",
        HelpName = "SIZE",
        Required = true,
    };

    private static string PathOf(string name) => "volumes/" + Uri.EscapeDataString(name);
}
