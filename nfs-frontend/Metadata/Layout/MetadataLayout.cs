namespace Uss.NfsFrontend.Metadata;

/// <summary>Where things lie in the metadata space of a file system; docs/formats/metadata.md has the picture.</summary>
internal static class MetadataLayout
{
    /// <summary>Version of the layout that this program writes.</summary>
    public const ushort Version = 1;

    /// <summary>Unit of the space: what a crash leaves whole.</summary>
    public const int BlockBytes = 4096;

    /// <summary>Size of a page of the tree.</summary>
    public const int PageBytes = 16384;

    /// <summary>No read or write crosses a multiple of this.</summary>
    public const int ObjectBytes = 4 << 20;

    /// <summary>Pages between two multiples of <see cref="ObjectBytes"/>.</summary>
    public const int PagesOfObject = ObjectBytes / PageBytes;

    /// <summary>Start of the log ring.</summary>
    public const long LogOffset = ObjectBytes;

    /// <summary>Smallest log ring.</summary>
    public const long MinimumLogBytes = 256 << 10;

    /// <summary>Largest log ring.</summary>
    public const long MaximumLogBytes = 1L << 30;

    /// <summary>Largest commit of a large log ring.</summary>
    public const int MaximumCommitBytes = 1 << 20;

    /// <summary>Most bitmap blocks: as many as the superblock has bits for.</summary>
    public const int MaximumBitmapBlocks = 16384;

    /// <summary>Most pages of a space.</summary>
    public const long MaximumPages = (long)MaximumBitmapBlocks * BitmapBlock.Pages;

    /// <summary>Largest commit of a ring of this size: an eighth, so that what is skipped at its end does not matter.</summary>
    public static int MaximumCommitBytesOf(long logBytes) => (int)Math.Min(MaximumCommitBytes, logBytes / 8 / BlockBytes * BlockBytes);

    /// <summary>Where the superblock of a generation lies.</summary>
    public static long SuperblockOffset(ulong generation) => (long)(generation & 1) * BlockBytes;

    /// <summary>Where one of the two slots of a bitmap block lies.</summary>
    public static long BitmapOffset(long logBytes, int block, int slot) => BitmapStart(logBytes) + ((((long)block * 2) + slot) * BlockBytes);

    /// <summary>Where a page lies.</summary>
    public static long PageOffset(long logBytes, long page) =>
        BitmapStart(logBytes) + ((long)MaximumBitmapBlocks * 2 * BlockBytes) + (page * PageBytes);

    private static long BitmapStart(long logBytes) => LogOffset + ((logBytes + ObjectBytes - 1) / ObjectBytes * ObjectBytes);
}
