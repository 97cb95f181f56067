using Serilog;
using Uss.Runtime;
using Uss.Store;
using Uss.Volumes;

namespace Uss.Host.Serve;

/// <summary>Opens the planned disks for the block layer, and formats those that are new.</summary>
/// <param name="reactor">The reactor that owns the disks.</param>
/// <param name="knownIds">Disks of this service, of all its nodes, which are never formatted.</param>
/// <param name="format">Format what holds something else.</param>
/// <param name="log">Tells of formatting.</param>
internal sealed class DiskOpener(Reactor reactor, IReadOnlySet<Guid> knownIds, bool format, ILogger log)
{
    private readonly Dictionary<string, IDisk> _opened = new(StringComparer.Ordinal);
    private IReadOnlySet<Guid> _knownIds = knownIds;

    /// <summary>Takes over the disks of the service as they are now.</summary>
    public void Know(IReadOnlySet<Guid> ids) => _knownIds = ids;

    /// <summary>The disk under a path as it was last opened, for its size and kind; null when it never was. On the reactor.</summary>
    public IDisk? Find(string path) => _opened.GetValueOrDefault(path);

    /// <summary>The disk as the block layer wants it; it is opened on the reactor.</summary>
    public DiskSource SourceOf(PlannedDisk disk) => new(disk.Path, () => OpenAsync(disk))
    {
        DefaultClass = () => Find(disk.Path)?.IsRotational switch { true => "hdd", false => "ssd", null => null },
    };

    private async ValueTask<Result<IObjectStore>> OpenAsync(PlannedDisk planned)
    {
        var opened = await reactor.OpenDiskAsync(planned.Path, new DiskOpenOptions(planned.CreateBytes));
        if (!opened.IsOk)
            return Explain(opened.Fault, planned);
        var disk = opened.Value;
        _opened[planned.Path] = disk;
        if (disk.Warning is { } warning)
            log.Warning("{Warning:l}", warning);
        var fault = await PrepareAsync(planned, disk);
        if (fault is null)
        {
            var store = await ObjectStore.OpenAsync(reactor, disk, StoreOptions.Default);
            if (store.IsOk)
                return Result<IObjectStore>.Ok(store.Value);
            fault = store.Fault;
        }

        await disk.CloseAsync();
        return fault;
    }

    // Formats the disk if it is new, or if it was asked for; a fault when it must not be touched.
    private async ValueTask<Fault?> PrepareAsync(PlannedDisk planned, IDisk disk)
    {
        var mayFormat = format || planned.MayFormat;
        var probed = await DiskProbe.ProbeAsync(reactor, disk);
        if (!probed.IsOk)
            return probed.Fault;
        var content = probed.Value;
        if (content.UssDiskId is { } id && (_knownIds.Contains(id) || planned.IsKnown))
            return null;
        if (planned.IsKnown && content.IsEmpty && !mayFormat)
        {
            return new Fault(
                "disk-blank",
                $"Disk {planned.Path} is empty, and it held data when the service last ran.",
                "Bring the former disk back to this path, or add --format to take this one as a new, empty disk.");
        }

        if (!content.IsEmpty && !mayFormat)
        {
            return new Fault(
                "disk-not-empty",
                $"Disk {planned.Path} holds something else: {content.Description}.",
                "Give another disk, or add --format to have it formatted, which destroys what is on it.");
        }

        var formatted = await ObjectStore.FormatAsync(reactor, disk, new StoreFormatOptions { Overwrite = mayFormat });
        if (!formatted.IsOk)
            return formatted.Fault;
        log.Information("formatted disk {Path}, which held: {Content}", planned.Path, content.Description);
        return null;
    }

    private static Fault Explain(Fault fault, PlannedDisk planned)
    {
        if (fault.Code != "disk-missing")
            return fault;
        if (planned.IsKnown)
        {
            return fault with
            {
                Remedy = "Bring the file or device back to this path and restart the service; nothing is given up meanwhile.",
            };
        }

        var command = $"truncate -s {ServeOptions.DefaultDiskSize} {planned.Path}";
        return planned.Path.StartsWith("/dev/", StringComparison.Ordinal)
            ? fault
            : fault with { Remedy = $"Check the path, give --size to have a file made, or make one to use as a disk: {command}" };
    }
}
