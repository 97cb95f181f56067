using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>
/// Where the records of a file system are kept: a thin address range of the block layer, held by its owner alone. What was never written
/// reads as zeros.
/// </summary>
public interface IMetadataSpace
{
    /// <summary>
    /// True while nobody else can have become the owner: what is in memory may be told. Once false for good, every call fails.
    /// </summary>
    bool IsHeld { get; }

    /// <summary>Reads whole blocks of 4096 bytes.</summary>
    /// <param name="offset">In bytes, a multiple of 4096.</param>
    /// <param name="target">Page-aligned, a multiple of 4096 bytes, within one object of 4 MiB; the caller keeps its reference.</param>
    ValueTask<RecordStatus> ReadAsync(long offset, BufferSlice target);

    /// <summary>
    /// Writes whole blocks, under the same rules; durable when it completes. When the owner dies meanwhile, each block is as before or as
    /// after, in any combination. Writes of blocks that do not overlap may take effect in any order.
    /// </summary>
    ValueTask<RecordStatus> WriteAsync(long offset, BufferSlice source);

    /// <summary>Makes whole blocks absent: they read as zeros and take no room. Same rules.</summary>
    ValueTask<RecordStatus> DiscardAsync(long offset, long length);
}
