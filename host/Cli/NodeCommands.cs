using System.CommandLine;
using System.Globalization;
using Uss.Volumes;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss status</c>, <c>uss sessions ...</c>, <c>uss disk ...</c> and <c>uss version</c></summary>
internal static class NodeCommands
{
    public static Verb Status() => new Verb(
        "status",
        "Show how the service is, what is wrong and what to do about it",
        "uss status",
        "uss status -o json").Does(async (parsed, cancel) =>
    {
        using var api = new ApiClient(GlobalOptions.DataOf(parsed));
        var status = await api.GetAsync<StatusView>("status", cancel);
        var printer = GlobalOptions.PrinterOf(parsed);
        var up = DateTimeOffset.UtcNow - status.Started;
        printer.One(
            status,
            [
                ("state", status.State),
                .. ClusterCommands.Lines(status.Cluster),
                ("target", status.Target),
                ("portals", string.Join(", ", status.Portals) + (status.OpenOnLoopback ? " (open on loopback: no CHAP needed)" : "")),
                ("volumes", $"{status.Volumes}{Troubled(status)}, shown by {status.Luns} LUN mappings"),
                ("file systems", $"{status.FileSystems}, shown by {status.Exports} NFS exports"),
                ("nfs", status.Nfs.Count == 0 ? "off" : string.Join(", ", status.Nfs)),
                ("sessions", $"{status.Sessions}"),
                ("disks", $"{status.Disks}, {ByteSize.Format(status.UsedBytes)} of {ByteSize.Format(status.DataBytes)} used"),
                ("memory", ByteSize.Format(status.MemoryBytes)),
                ("reactor", status.Reactor),
                ("process", $"{status.ProcessId}, version {status.Version}, up {(int)up.TotalHours}:{up:mm\\:ss}"),
            ]);
        foreach (var problem in status.Problems)
            printer.Note($"problem: {problem.Message}\nfix: {problem.Fix}");
    });

    public static Verb Sessions() => new Verb("sessions", "See who is logged in").With(
        new Verb("ls", "List logged-in sessions", "uss sessions ls", "uss sessions ls -o json").Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            GlobalOptions.PrinterOf(parsed).List(
                await api.ListAsync<SessionView>("sessions", cancel),
                ("initiator", session => session.Initiator),
                ("address", session => session.Address),
                ("tsih", session => session.Tsih.ToString(CultureInfo.InvariantCulture)),
                ("kind", session => session.Kind),
                ("chap user", session => session.ChapUser ?? "-"),
                ("since", session => $"{session.Since:u}"),
                ("commands", session => session.Commands.ToString(CultureInfo.InvariantCulture)),
                ("read", session => ByteSize.Format(session.BytesRead)),
                ("written", session => ByteSize.Format(session.BytesWritten)));
        }));

    public static Verb Disks() => new Verb("disk", "See, add, replace and remove disks").With(
        DiskList(),
        DiskShow(),
        DiskChangeCommands.AddDisk(),
        DiskChangeCommands.Set(),
        DiskChangeCommands.Remove(),
        DiskChangeCommands.Replace(),
        DiskChangeCommands.Undrain(),
        DiskChangeCommands.SafeToPull());

    public static Verb Version() => new Verb("version", "Print the program's version", "uss version").Does((parsed, _) =>
    {
        var version = new VersionView { Program = "uss", Version = ProgramVersion.Text };
        GlobalOptions.PrinterOf(parsed).Done(version, $"{version.Program} {version.Version}");
        return Task.CompletedTask;
    });

    private static Verb DiskList() => new Verb("ls", "List disks", "uss disk ls", "uss disk ls -o json").Does(async (parsed, cancel) =>
    {
        using var api = new ApiClient(GlobalOptions.DataOf(parsed));
        var disks = await api.ListAsync<DiskView>("disks", cancel);
        var printer = GlobalOptions.PrinterOf(parsed);
        if (disks.Any(disk => disk.Node is not null))
            ListOfCluster(printer, disks);
        else
            ListOfNode(printer, disks);
        foreach (var problem in disks.Where(disk => disk.Problem is not null).Select(disk => disk.Problem!))
            printer.Note($"problem: {problem.Message}\nfix: {problem.Fix}");
    });

    private static void ListOfCluster(Printer printer, IReadOnlyList<DiskView> disks) => printer.List(
        disks,
        ("name", disk => disk.FullName),
        ("state", StateOf),
        ("class", ClassOf),
        ("used", disk => disk.UsedBytes is { } used ? ByteSize.Format(used) : "-"),
        ("of", disk => disk.DataBytes > 0 ? ByteSize.Format(disk.DataBytes) : "-"),
        ("copies", CopiesOf),
        ("path", disk => disk.Path),
        ("id", disk => disk.Id ?? "-"));

    private static void ListOfNode(Printer printer, IReadOnlyList<DiskView> disks) => printer.List(
        disks,
        ("name", disk => disk.Name),
        ("state", StateOf),
        ("kind", disk => disk.Kind),
        ("class", ClassOf),
        ("size", disk => disk.SizeBytes > 0 ? ByteSize.Format(disk.SizeBytes) : "-"),
        ("used", disk => disk.Figures is { } figures ? ByteSize.Format(figures.UsedBytes) : "-"),
        ("copies", CopiesOf),
        ("path", disk => disk.Path),
        ("id", disk => disk.Id ?? "-"));

    private static Verb DiskShow()
    {
        var name = new Argument<string>("NAME") { Description = "The disk's name (in a cluster NODE/NAME), path or id" };
        return new Verb("show", "Show one disk with its figures", "uss disk show disk0", "uss disk show node2/disk0").With(name).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var wanted = parsed.GetRequiredValue(name);
            var disks = await api.ListAsync<DiskView>("disks", cancel);
            var disk = WebUi.Services.NodeService.Find(disks, wanted)
                ?? throw new CommandFailure(WebUi.Services.Faults.DiskNotFound(wanted));
            GlobalOptions.PrinterOf(parsed).One(disk, [.. Lines(disk)]);
        });
    }

    private static string Troubled(StatusView status) => (status.FailedVolumes, status.DegradedVolumes) switch
    {
        (0, 0) => "",
        (0, var degraded) => $" ({degraded} degraded)",
        (var failed, 0) => $" ({failed} failed)",
        var (failed, degraded) => $" ({failed} failed, {degraded} degraded)",
    };

    private static string StateOf(DiskView disk) =>
        (disk.State == "resyncing" ? $"resyncing, {disk.ResyncPercent:0} %" : disk.State)
        + (disk.IsDraining ? disk.Copies == 0 ? ", drained" : ", draining" : "");

    private static string ClassOf(DiskView disk) => disk.Class ?? TopologyRules.AnyClass;

    private static string CopiesOf(DiskView disk) => disk.Copies.ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<(string Heading, string Cell)> Lines(DiskView disk)
    {
        yield return ("name", disk.FullName);
        yield return ("path", disk.Path);
        if (disk.Node is null || disk.Kind != "unknown")
            yield return ("kind", disk.Kind);
        yield return ("state", StateOf(disk));
        yield return ("id", disk.Id ?? "unknown");
        yield return ("class", ClassOf(disk));
        yield return ("placement groups", CopiesOf(disk));
        if (disk.Node is null || disk.SizeBytes > 0)
            yield return ("size", disk.SizeBytes > 0 ? $"{ByteSize.Format(disk.SizeBytes)} ({disk.SizeBytes} bytes)" : "unknown");
        if (disk.SectorBytes > 0)
            yield return ("sector", $"{disk.SectorBytes} bytes{(disk.NeedsFlush ? ", with a write cache that is flushed" : ", no write cache")}");
        if (disk.HostFreeBytes is { } free)
            yield return ("host file system", $"{ByteSize.Format(free)} left");
        if (disk.Problem is { } problem)
        {
            yield return ("problem", problem.Message);
            yield return ("fix", problem.Fix);
        }

        if (disk.Figures is not { } figures)
        {
            if (disk.UsedBytes is { } used)
                yield return ("used", $"{ByteSize.Format(used)} of {ByteSize.Format(disk.DataBytes)}");
            yield break;
        }

        var ratio = figures.BytesAccepted == 0 ? "-" : $"{(double)figures.BytesWritten / figures.BytesAccepted:0.00}";
        yield return ("used", $"{ByteSize.Format(figures.UsedBytes)} of {ByteSize.Format(figures.DataBytes)}");
        yield return ("objects", $"{figures.Objects}");
        yield return ("memory", ByteSize.Format(figures.MemoryBytes));
        yield return ("data accepted", ByteSize.Format(figures.BytesAccepted));
        yield return ("written to device", $"{ByteSize.Format(figures.BytesWritten)} ({ratio} x)");
        yield return ("flushes", $"{figures.Flushes}");
        yield return ("damaged blocks", $"{figures.DamagedBlocks}");
        yield return ("checkpoints", $"{figures.Checkpoints}");
        yield return ("log to replay", ByteSize.Format(figures.LogBytes));
    }
}
