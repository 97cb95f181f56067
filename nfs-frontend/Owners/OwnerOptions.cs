using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Owners;

/// <summary>How a node serves the file systems that it owns.</summary>
public sealed record OwnerOptions
{
    /// <summary>The record store.</summary>
    public MetadataOptions Metadata { get; init; } = new();

    /// <summary>Size of the log ring of a new file system, in bytes; see <see cref="MetadataFormatOptions.LogBytes"/>.</summary>
    public long LogBytes { get; init; } = 64 << 20;

    /// <summary>The file layer.</summary>
    public FileServiceOptions Files { get; init; } = new();
}
