using Serilog;
using Uss.Coordination;
using Uss.Runtime;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>
/// Gives a new service something to attach: the volume <c>demo</c> as LUN 0, and the file system <c>default</c> as the export
/// <c>/default</c> for this machine. Once; what was removed stays away.
/// </summary>
internal static class FirstStart
{
    private const string Key = RecordKeys.Settings + "first-start";

    public static async Task<Fault?> RunAsync(ManagementServices services, IRecordStore records, ILogger log, int? copies = null)
    {
        var read = await records.ListAsync(Key);
        if (!read.IsAvailable)
            return Faults.RecordsUnavailable;
        if (read.Entries.Count > 0)
            return null;

        // A start that ended in the middle finds what it had made, and goes on from there.
        var volume = new CreateVolume { Name = ServeOptions.DemoVolume, SizeBytes = ServeOptions.DemoVolumeBytes, Copies = copies };
        var created = await services.Volumes.CreateAsync(volume);
        if (!created.IsOk && created.Fault.Code != "volume-exists")
            return created.Fault;
        var mapped = await services.Luns.MapAsync(new MapLun { Volume = volume.Name, Lun = 0 });
        if (!mapped.IsOk && mapped.Fault.Code != "lun-exists")
            return mapped.Fault;
        if (await ShareAsync(services, copies) is { } unshared)
            return unshared;
        var done = await records.CommitAsync([new Condition(Key, 0)], [new Change(Key, "{}"u8.ToArray())]);
        if (done.Status != CommitStatus.Applied)
            return Faults.RecordsUnavailable;
        log.Information(
            "first start: created volume {Volume} of 10 GiB as LUN 0, and file system {FileSystem} as export {Export} for this machine",
            volume.Name,
            ServeOptions.DefaultFileSystem,
            "/" + ServeOptions.DefaultFileSystem);
        return null;
    }

    // Whoever is root on this machine is root of the storage anyway.
    private static async Task<Fault?> ShareAsync(ManagementServices services, int? copies)
    {
        var created = await services.FileSystems.CreateAsync(new CreateFileSystem { Name = ServeOptions.DefaultFileSystem, Copies = copies });
        if (!created.IsOk && created.Fault.Code != "file-system-exists")
            return created.Fault;
        var exported = await services.Exports.CreateAsync(new CreateExport
        {
            Path = "/" + ServeOptions.DefaultFileSystem,
            FileSystem = ServeOptions.DefaultFileSystem,
            ShowsVolumes = true,
            Rules =
            [
                new ExportRuleView { Clients = "127.0.0.0/8", Squash = "none" },
                new ExportRuleView { Clients = "::1", Squash = "none" },
            ],
        });
        return !exported.IsOk && exported.Fault.Code != "export-exists" ? exported.Fault : null;
    }
}
