using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>The faults that the application services find by themselves. Codes are part of the API.</summary>
public static class Faults
{
    /// <summary>The coordination store did not answer.</summary>
    public static Fault RecordsUnavailable { get; } = new(
        "records-unavailable",
        "The coordination store does not answer.",
        "Look at the service's log for the reason, then try again.");

    /// <summary>Somebody else changed the same record, again and again.</summary>
    public static Fault RecordsBusy { get; } = new(
        "records-conflict", "The record was changed by somebody else at the same time.", "Try again.");

    /// <summary>There is no such volume.</summary>
    public static Fault VolumeNotFound(string name) => new(
        "volume-not-found", $"There is no volume '{name}'.", "List the volumes with `uss volume ls`.");

    /// <summary>There is no such pool.</summary>
    public static Fault PoolNotFound(string name) => new(
        "pool-not-found", $"There is no pool '{name}'.", "List the pools with `uss pool ls`.");

    /// <summary>Volumes grow only.</summary>
    public static Fault VolumeShrinks(VolumeView present, long sizeBytes) => new(
        "volume-shrinks",
        $"Volume '{present.Name}' has {present.SizeBytes} bytes; at {sizeBytes} bytes the data beyond would be lost, so volumes do not shrink.",
        "Give a larger size, or create a smaller volume and copy the data over.");

    /// <summary>The volume cannot go while LUNs show it.</summary>
    public static Fault VolumeMapped(string name, IEnumerable<LunRecord> luns)
    {
        var first = luns.First();
        var option = first.Initiator is null ? "" : $" --initiator {first.Initiator}";
        return new Fault(
            "volume-mapped",
            $"Volume '{name}' is mapped as LUN {string.Join(", ", luns.Select(lun => lun.Lun).Distinct())}.",
            $"Unmap it first with `uss lun unmap {first.Lun}{option}`.");
    }

    /// <summary>The caller did not repeat the name of what is to be destroyed.</summary>
    public static Fault ConfirmationRequired(string kind, string name) => new(
        "confirmation-required",
        $"Removing {kind} '{name}' destroys it for good and was not confirmed.",
        $"Repeat the name: `--confirm {name}`, in the API `?confirm={name}`.");

    /// <summary>There is no such mapping.</summary>
    public static Fault LunNotFound(int lun, string? initiator) => new(
        "lun-not-found",
        initiator is null ? $"LUN {lun} is not mapped for all initiators." : $"LUN {lun} is not mapped for {initiator}.",
        "List the mappings with `uss lun ls`.");

    /// <summary>The LUN is taken.</summary>
    public static Fault LunExists(LunRecord present) => new(
        "lun-exists",
        $"LUN {present.Lun} shows volume '{present.Volume}' to {present.Initiator ?? "all initiators"} already.",
        "Take another LUN, leave out the number for the lowest free one, or unmap the present one with `uss lun unmap`.");

    /// <summary>All 256 LUNs are taken.</summary>
    public static Fault LunsExhausted { get; } = new("lun-in-use", "All LUNs from 0 to 255 are mapped.", "Unmap one with `uss lun unmap`.");

    /// <summary>There is no such rule.</summary>
    public static Fault InitiatorNotFound(string iqn) => new(
        "initiator-not-found", $"There is no rule for initiator '{iqn}'.", "List the rules with `uss initiator ls`.");

    /// <summary>The rule exists.</summary>
    public static Fault InitiatorExists(string iqn) => new(
        "initiator-exists", $"There is a rule for initiator '{iqn}' already.", $"Change it with `uss initiator set {iqn} ...`.");

    /// <summary>There is no such file system.</summary>
    public static Fault FileSystemNotFound(string name) => new(
        "file-system-not-found", $"There is no file system '{name}'.", "List the file systems with `uss fs ls`.");

    /// <summary>The file system is going away.</summary>
    public static Fault FileSystemRemoving(string name) => new(
        "file-system-removing", $"File system '{name}' is being removed.", "Take another one, or wait until it is gone, see `uss fs ls`.");

    /// <summary>The file system cannot go while exports name it.</summary>
    public static Fault FileSystemExported(string name, IEnumerable<ExportRecord> exports) => new(
        "file-system-in-use",
        $"File system '{name}' is exported as {string.Join(", ", exports.Select(export => export.Path))}.",
        $"Take the exports away first, with `uss export rm {exports.First().Path}`.");

    /// <summary>There is no such export.</summary>
    public static Fault ExportNotFound(string path) => new(
        "export-not-found", $"There is no export '{path}'.", "List the exports with `uss export ls`.");

    /// <summary>The path is taken.</summary>
    public static Fault ExportExists(ExportRecord present, string fileSystem) => new(
        "export-exists",
        $"'{present.Path}' exports file system '{fileSystem}' already.",
        $"Choose another path, or change its rules with `uss export set {present.Path} --client CLIENTS`.");

    /// <summary>Numbers of exports are not given twice, and all have been given.</summary>
    public static Fault ExportsExhausted { get; } = new(
        "no-export-number",
        $"There have been {ExportRecord.HighestId} exports: no number is left.",
        "Use the present exports: their rules can be changed with `uss export set`.");

    /// <summary>The export has no rule for these clients.</summary>
    public static Fault ExportRuleNotFound(string path, string clients) => new(
        "export-rule-not-found", $"Export '{path}' has no rule for '{clients}'.", $"See its rules with `uss export show {path}`.");

    /// <summary>There is no such disk.</summary>
    public static Fault DiskNotFound(string name) => new(
        "disk-not-found", $"There is no disk '{name}'.", "List the disks with `uss disk ls`.");

    /// <summary>There is no such node.</summary>
    public static Fault NodeNotFound(string name) => new(
        "node-not-found", $"There is no node '{name}'.", "List the nodes with `uss node ls`.");

    /// <summary>An argument is not what it should be.</summary>
    /// <param name="what">Which argument; makes the code <c>bad-WHAT</c>.</param>
    /// <param name="message">What is wrong with it.</param>
    /// <param name="fix">What would be right.</param>
    public static Fault Bad(string what, string message, string fix) => new("bad-" + what, message, fix);
}
