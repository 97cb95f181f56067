using Uss.Store;

namespace Uss.Volumes;

/// <summary>The whole blocks that cover a range of bytes.</summary>
/// <param name="Offset">First byte of the first block.</param>
/// <param name="Length">Length in bytes, a multiple of 4096.</param>
/// <param name="Skip">Where the range starts within the cover.</param>
internal readonly record struct Cover(long Offset, int Length, int Skip)
{
    /// <summary>The cover of a range.</summary>
    public static Cover Of(long offset, int length)
    {
        var skip = (int)(offset & (StoreUnits.BlockBytes - 1));
        var blocks = (skip + length + StoreUnits.BlockBytes - 1) / StoreUnits.BlockBytes;
        return new Cover(offset - skip, blocks * StoreUnits.BlockBytes, skip);
    }
}
