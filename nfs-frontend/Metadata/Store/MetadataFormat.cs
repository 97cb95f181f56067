using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>Writes an empty store: one leaf, one bitmap block, two superblocks.</summary>
internal static class MetadataFormat
{
    /// <summary>Formats; see <see cref="MetadataStore.FormatAsync"/>.</summary>
    public static async ValueTask<RecordStatus> FormatAsync(Reactor reactor, IMetadataSpace space, MetadataFormatOptions options)
    {
        Invariant.Check(options.LogBytes is >= MetadataLayout.MinimumLogBytes and <= MetadataLayout.MaximumLogBytes);
        Invariant.Check(options.LogBytes % MetadataLayout.BlockBytes == 0);
        var status = await DiscardAsync(space, options.LogBytes);
        var buffer = reactor.Buffers.Rent(Page.Size);
        if (status == RecordStatus.Ok)
            status = await WritePageAsync(space, options, buffer);
        if (status == RecordStatus.Ok)
            status = await WriteBitmapAsync(space, options, buffer);
        var superblock = new MetadataSuperblock
        {
            Version = MetadataLayout.Version,
            FileSystem = options.FileSystem,
            LogBytes = options.LogBytes,
            Root = new PageReference(0, 1),
            NextPage = 1,
            UsedPages = 1,
            NextSequence = 1,

            // No commit that an earlier format left in the ring fits this.
            PreviousChecksum = (uint)reactor.NewNumber(),
            CreatedUtcTicks = reactor.UtcNow.UtcTicks,
        };
        for (var generation = 1UL; generation <= 2 && status == RecordStatus.Ok; generation++)
        {
            superblock.Generation = generation;
            var slice = buffer.Slice(0, MetadataSuperblock.Size);
            superblock.Write(slice.Span, default);
            status = await space.WriteAsync(MetadataLayout.SuperblockOffset(generation), slice);
        }

        buffer.Release();
        return status;
    }

    // The superblocks first: what is half formatted is not formatted.
    private static async ValueTask<RecordStatus> DiscardAsync(IMetadataSpace space, long logBytes)
    {
        var status = await space.DiscardAsync(0, 2 * MetadataSuperblock.Size);
        for (var offset = 0L; offset < logBytes && status == RecordStatus.Ok; offset += MetadataLayout.ObjectBytes)
            status = await space.DiscardAsync(MetadataLayout.LogOffset + offset, Math.Min(MetadataLayout.ObjectBytes, logBytes - offset));
        return status;
    }

    private static ValueTask<RecordStatus> WritePageAsync(IMetadataSpace space, MetadataFormatOptions options, PageBuffer buffer)
    {
        var slice = buffer.Slice(0, Page.Size);
        Page.Create(slice.Span, new PageReference(0, 1), 0, options.FileSystem).Seal();
        return space.WriteAsync(MetadataLayout.PageOffset(options.LogBytes, 0), slice);
    }

    private static ValueTask<RecordStatus> WriteBitmapAsync(IMetadataSpace space, MetadataFormatOptions options, PageBuffer buffer)
    {
        var slice = buffer.Slice(0, BitmapBlock.Size);
        Span<ulong> words = stackalloc ulong[BitmapBlock.Words];
        words.Clear();
        words[0] = 1;
        new BitmapBlock { Number = 0, Generation = 1, FileSystem = options.FileSystem }.Write(slice.Span, words);
        return space.WriteAsync(MetadataLayout.BitmapOffset(options.LogBytes, 0, 0), slice);
    }
}
