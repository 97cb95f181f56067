namespace Uss.Runtime;

/// <summary>How <see cref="Reactor.OpenDiskAsync"/> opens a disk.</summary>
/// <param name="CreateBytes">Size of the sparse file to create when the path does not exist; 0 refuses to create.</param>
/// <param name="ReadOnly">Open for reading only, without the exclusive lock (offline inspection).</param>
public readonly record struct DiskOpenOptions(long CreateBytes = 0, bool ReadOnly = false);

/// <summary>
/// A block device or a file used as one, opened with O_DIRECT. Offsets, lengths and buffer addresses are multiples of
/// <see cref="SectorBytes"/>. Every operation moves all that it was asked for or fails: short transfers are continued
/// inside. A finished write is durable only after a <see cref="FlushAsync"/> that started after the write finished
/// (at once where <see cref="NeedsFlush"/> is false).
/// </summary>
public interface IDisk
{
    /// <summary>The path it was opened by.</summary>
    string Path { get; }

    /// <summary>Size in bytes when last asked (at open, or by <see cref="RefreshSizeAsync"/>).</summary>
    long SizeBytes { get; }

    /// <summary>Alignment of direct I/O in bytes: a power of two, 512 or 4096.</summary>
    int SectorBytes { get; }

    /// <summary>False when the device has no volatile cache, so that a finished write is durable.</summary>
    bool NeedsFlush { get; }

    /// <summary>True for a regular file, false for a block device.</summary>
    bool IsFile { get; }

    /// <summary>True for a block device with platters, false for one without, as the kernel says; null for a file and where it says
    /// nothing.</summary>
    bool? IsRotational => null;

    /// <summary>What an operator should know about this disk, for example that it has no direct I/O; null when all is well.</summary>
    string? Warning => null;

    /// <summary>Reads <c>target.Length</c> bytes at <paramref name="offset"/> (bytes). Reading past the end fails with EIO.</summary>
    ValueTask<IoResult> ReadAsync(long offset, BufferSlice target);

    /// <summary>Writes all of <paramref name="source"/> at <paramref name="offset"/> (bytes).</summary>
    ValueTask<IoResult> WriteAsync(long offset, BufferSlice source);

    /// <summary>Makes every write that finished before this call durable.</summary>
    ValueTask<IoResult> FlushAsync();

    /// <summary>Tells the device that the range is free (TRIM, hole punching). The range reads as zeros or as before.</summary>
    ValueTask<IoResult> DiscardAsync(long offset, long lengthBytes);

    /// <summary>Asks for the size again: a file may have been truncated, a device may have grown.</summary>
    ValueTask<IoResult> RefreshSizeAsync();

    /// <summary>Waits for operations under way, unlocks and closes. Idempotent.</summary>
    ValueTask CloseAsync();
}
