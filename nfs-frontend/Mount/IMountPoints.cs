using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Mount;

/// <summary>What MOUNT needs to know of file systems.</summary>
public interface IMountPoints
{
    /// <summary>The exports as they are now.</summary>
    ExportTable Exports { get; }

    /// <summary>Looks up a directory of an export for a caller who may mount it.</summary>
    /// <param name="export">The export.</param>
    /// <param name="names">The names from its root on, in the bytes that the client sent; none for the root.</param>
    /// <param name="caller">Who wants to mount it.</param>
    /// <returns>The handle, or why there is none.</returns>
    ValueTask<(MountStatus Status, FileHandle Handle)> FindAsync(Export export, IReadOnlyList<ReadOnlyMemory<byte>> names, Caller caller);
}
