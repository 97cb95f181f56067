namespace Uss.Store;

/// <summary>Constants of the disk format; <c>docs/formats/store.md</c> has the pictures.</summary>
internal static class StoreFormat
{
    /// <summary>The format that this code writes.</summary>
    public const ushort Version = 1;

    /// <summary>Unit of everything that is not data: superblocks, log batches, map images.</summary>
    public const int PageBytes = 4096;

    /// <summary>Where the first superblock lies, in bytes.</summary>
    public const long SuperblockAOffset = 0;

    /// <summary>Where the second superblock lies: far enough that no single misdirected write hits both.</summary>
    public const long SuperblockBOffset = 64 << 10;

    /// <summary>The log ring starts here, in bytes.</summary>
    public const long LogOffset = 128 << 10;

    /// <summary>Largest log batch, in bytes; a small ring has a smaller limit.</summary>
    public const int MaximumBatchBytes = 256 << 10;

    /// <summary>Piece of the bitmap and of the object table that a checkpoint writes and checksums as one.</summary>
    public const int ChunkBytes = 64 << 10;

    /// <summary>Data blocks whose bits fill one chunk of the bitmap.</summary>
    public const int BlocksPerBitmapChunk = ChunkBytes * 8;

    /// <summary>Addresses are block numbers on the disk in 40 bits: 4 PiB a disk.</summary>
    public const ulong MaximumAddress = (1UL << 40) - 1;
}
