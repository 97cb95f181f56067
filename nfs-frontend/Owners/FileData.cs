using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Metadata;
using Uss.Volumes;

namespace Uss.NfsFrontend.Owners;

/// <summary>The contents of a file system's files as its owner changes them.</summary>
internal sealed class FileData(FileSpaces spaces, Func<(long TotalBytes, long FreeBytes)> room) : IFileData
{
    /// <inheritdoc/>
    public (long TotalBytes, long FreeBytes) Room => room();

    /// <inheritdoc/>
    public async ValueTask<RecordStatus> DiscardAsync(ulong file, long from, long to) =>
        OwnedMetadata.StatusOf((await spaces.DiscardAsync(file, from, to - from)).Status);
}
