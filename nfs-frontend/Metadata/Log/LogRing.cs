namespace Uss.NfsFrontend.Metadata;

/// <summary>Places in the log ring. A position counts blocks since the ring was first used.</summary>
/// <param name="LogBytes">Size of the ring.</param>
internal readonly record struct LogRing(long LogBytes)
{
    private const int ObjectBlocks = MetadataLayout.ObjectBytes / MetadataLayout.BlockBytes;

    /// <summary>Blocks of the ring.</summary>
    public long Blocks => LogBytes / MetadataLayout.BlockBytes;

    /// <summary>Where a position lies in the space.</summary>
    public long OffsetOf(long position) => MetadataLayout.LogOffset + (position % Blocks * MetadataLayout.BlockBytes);

    /// <summary>Blocks from a position to the next place that no commit lies across: the end of an object or of the ring.</summary>
    public int BlocksToEdge(long position)
    {
        var block = position % Blocks;
        return (int)Math.Min(ObjectBlocks - (block % ObjectBlocks), Blocks - block);
    }

    /// <summary>Where a commit of so many blocks lies that may begin at a position.</summary>
    public long Place(long position, int blocks)
    {
        var left = BlocksToEdge(position);
        return blocks <= left ? position : position + left;
    }
}
