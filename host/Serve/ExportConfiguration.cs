using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Files;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>Turns the records of exports into the NFS server's table.</summary>
internal static class ExportConfiguration
{
    public static ExportTable Of(IReadOnlyList<ExportRecord> records) => new(records.DistinctBy(record => record.Id).Select(record => new Export
    {
        Id = (ushort)record.Id,
        Path = record.Path,
        FileSystem = (uint)record.FileSystemId,
        ShowsVolumes = record.ShowsVolumes,
        Top = record.Top is { } top ? (top.Inode, top.Generation) : (FileService.RootInode, FileService.RootGeneration),
        Rules = [.. record.Rules.SelectMany(Of)],
    }));

    private static IEnumerable<ExportRule> Of(ExportRuleRecord rule) => ExportClients.NetworksOf(rule.Clients).Select(clients => new ExportRule
    {
        Clients = clients,
        IsReadOnly = rule.ReadOnly,
        Squash = rule.Squash switch
        {
            ExportSquash.All => Squash.All,
            ExportSquash.None => Squash.None,
            _ => Squash.Root,
        },
        AnonymousUser = rule.AnonymousUser,
        AnonymousGroup = rule.AnonymousGroup,
    });
}
