using System.Net;
using Uss.NfsFrontend.Files;

namespace Uss.NfsFrontend.Exports;

/// <summary>A file system under a path, and who may mount it.</summary>
public sealed record Export
{
    /// <summary>Its number in handles, which outlives its path.</summary>
    public required ushort Id { get; init; }

    /// <summary>What clients mount, such as <c>/default</c>: begins with a slash and does not end with one.</summary>
    public required string Path { get; init; }

    /// <summary>The file system.</summary>
    public required uint FileSystem { get; init; }

    /// <summary>The directory of it that clients see as the uppermost one.</summary>
    public (ulong Inode, uint Generation) Top { get; init; } = (FileService.RootInode, FileService.RootGeneration);

    /// <summary>Root finds the volumes of the cluster as files in its directory <c>volumes</c>.</summary>
    public bool ShowsVolumes { get; init; }

    /// <summary>Who may mount it.</summary>
    public IReadOnlyList<ExportRule> Rules { get; init; } = [];

    /// <summary>
    /// The rule for a client: of those that cover it the one for the fewest clients, whatever their order; null when there is none,
    /// and the client may do nothing.
    /// </summary>
    public ExportRule? RuleFor(IPAddress client)
    {
        ExportRule? found = null;
        foreach (var rule in Rules)
        {
            if (rule.Covers(client) && (found is null || rule.Clients.PrefixLength > found.Clients.PrefixLength))
                found = rule;
        }

        return found;
    }
}
