using Uss.Runtime;

namespace Uss.Store;

/// <summary>Formatting.</summary>
public sealed partial class ObjectStore
{
    private const int FormatPieceBytes = 1 << 20;
    private const long DiscardPieceBytes = 1L << 30;

    /// <summary>Formats the disk or file at <paramref name="path"/>.</summary>
    /// <param name="reactor">The reactor to run on.</param>
    /// <param name="path">A block device, or a file that exists.</param>
    /// <param name="options">How.</param>
    /// <returns>The new disk's identity, or why not: it holds something, is too small, cannot be written.</returns>
    public static async ValueTask<Result<Guid>> FormatAsync(Reactor reactor, string path, StoreFormatOptions options)
    {
        var opened = await reactor.OpenDiskAsync(path, default);
        if (!opened.IsOk)
            return opened.Fault;
        var result = await FormatAsync(reactor, opened.Value, options);
        await opened.Value.CloseAsync();
        return result;
    }

    /// <summary>Formats a disk, which stays open and is the caller's to close.</summary>
    /// <param name="reactor">The reactor that owns the disk.</param>
    /// <param name="disk">The disk.</param>
    /// <param name="options">How.</param>
    /// <returns>The new disk's identity, or why not: it holds something, is too small, cannot be written.</returns>
    public static async ValueTask<Result<Guid>> FormatAsync(Reactor reactor, IDisk disk, StoreFormatOptions options)
    {
        var plan = StoreGeometry.Plan(disk.Path, disk.SizeBytes, options);
        if (!plan.IsOk)
            return plan.Fault;
        var content = await DiskProbe.ProbeAsync(reactor, disk);
        if (!content.IsOk)
            return content.Fault;
        if (!content.Value.IsEmpty && !options.Overwrite)
        {
            return new Fault(
                "disk-not-empty",
                $"{disk.Path} holds data: {content.Value.Description}.",
                "Choose another disk, or ask explicitly to format this one; everything on it will be lost.");
        }

        var superblock = FirstSuperblock(reactor, plan.Value, options);
        var buffer = reactor.Buffers.Rent(Math.Max(FormatPieceBytes, plan.Value.RootBytes));
        var io = await LayOutAsync(disk, superblock, content.Value.IsEmpty, buffer);
        buffer.Release();
        return io.IsOk
            ? superblock.DiskId
            : new Fault("disk-format", $"Formatting {disk.Path} failed: {Errno.Describe(io.Error)}.", "Check the disk and its free space.");
    }

    private static Superblock FirstSuperblock(Reactor reactor, in StoreGeometry geometry, StoreFormatOptions options)
    {
        Span<byte> entropy = stackalloc byte[16];
        reactor.FillEntropy(entropy);

        // A random UUID (RFC 9562, section 5.4).
        entropy[7] = (byte)((entropy[7] & 0x0F) | 0x40);
        entropy[8] = (byte)((entropy[8] & 0x3F) | 0x80);
        return new Superblock
        {
            DiskId = options.DiskId ?? new Guid(entropy),
            Generation = 2,
            SizeBytes = geometry.SizeBytes,
            LogBytes = geometry.LogBytes,
            MapBytes = geometry.MapBytes,
            TableSlots = geometry.TableSlots,
            BitmapBlocks = geometry.BitmapBlocks,
            CreatedUtcTicks = reactor.UtcNow.UtcTicks,
        };
    }

    // The old superblocks go first and the new one comes last, so that a formatting cut short leaves no disk that looks
    // formatted. The log is filled with zeros, so that writing it later changes nothing of the host's file system.
    private static async ValueTask<IoResult> LayOutAsync(IDisk disk, Superblock superblock, bool isEmpty, PageBuffer buffer)
    {
        var geometry = superblock.Geometry;
        var zeros = buffer.Slice(0, FormatPieceBytes);
        zeros.Span.Clear();
        var io = await disk.WriteAsync(Superblock.OffsetOf(0), zeros.Slice(0, Superblock.Bytes));
        if (io.IsOk)
            io = await disk.WriteAsync(Superblock.OffsetOf(1), zeros.Slice(0, Superblock.Bytes));
        if (io.IsOk)
            io = await disk.FlushAsync();
        for (var offset = geometry.CheckpointStart(0); io.IsOk && !isEmpty && offset < geometry.SizeBytes; offset += DiscardPieceBytes)
        {
            // A device that cannot discard is as good.
            var discarded = await disk.DiscardAsync(offset, Math.Min(DiscardPieceBytes, geometry.SizeBytes - offset));
            if (!discarded.IsOk)
                break;
        }

        for (long offset = 0; io.IsOk && offset < geometry.LogBytes; offset += FormatPieceBytes)
        {
            var length = (int)Math.Min(FormatPieceBytes, geometry.LogBytes - offset);
            io = await disk.WriteAsync(geometry.LogStart + offset, zeros.Slice(0, length));
        }

        if (!io.IsOk)
            return io;
        var root = buffer.Slice(0, geometry.RootBytes);
        superblock.RootChecksum = CheckpointRoot.Write(
            root.Span, geometry, superblock.Generation, new ChunkEntry[geometry.BitmapChunks + geometry.TableChunks]);
        io = await disk.WriteAsync(geometry.CheckpointStart(superblock.Area), root);
        if (io.IsOk)
            io = await disk.FlushAsync();
        if (!io.IsOk)
            return io;
        superblock.Write(root.Span);
        io = await disk.WriteAsync(Superblock.OffsetOf(superblock.Area), root.Slice(0, Superblock.Bytes));
        return io.IsOk ? await disk.FlushAsync() : io;
    }
}
