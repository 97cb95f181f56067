using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>
/// A thin virtual disk as front-ends use it. Offsets and lengths are bytes, multiples of 512. Every change is durable
/// when it completes. Each 4 KiB block is linearizable; overlapping operations are ordered here.
/// </summary>
public interface IVolume
{
    /// <summary>Identity, constant for the volume's life and the same on every front-end.</summary>
    VolumeId Id { get; }

    /// <summary>Name that administrators gave it.</summary>
    string Name { get; }

    /// <summary>Size in bytes, a multiple of 4096.</summary>
    long SizeBytes { get; }

    /// <summary>
    /// Reads <c>target.Length</c> bytes. <paramref name="target"/> starts on a page boundary of its buffer when
    /// <paramref name="offset"/> is a multiple of 4096 (then no copy is made); the caller keeps its reference.
    /// </summary>
    ValueTask<VolumeResult> ReadAsync(long offset, BufferSlice target);

    /// <summary>Writes all of <paramref name="source"/>, under the same alignment rule as <see cref="ReadAsync"/>.</summary>
    ValueTask<VolumeResult> WriteAsync(long offset, BufferSlice source);

    /// <summary>Unmaps a range: it reads as zeros and its whole blocks occupy nothing. Edges smaller than a block are zeroed.</summary>
    ValueTask<VolumeResult> DiscardAsync(long offset, long length);

    /// <summary>
    /// Atomically compares the range with <paramref name="expected"/> and, when equal, writes <paramref name="source"/> of
    /// equal length.
    /// </summary>
    ValueTask<VolumeResult> CompareAndWriteAsync(long offset, BufferSlice expected, BufferSlice source);

    /// <summary>A barrier: completes once every change that completed before is durable (which they already are).</summary>
    ValueTask<VolumeResult> FlushAsync();

    /// <summary>Whether the byte at <paramref name="offset"/> is mapped, and how far that holds (bounded by implementation).</summary>
    ValueTask<AllocationExtent> QueryAllocationAsync(long offset);
}

/// <summary>A run of bytes that are all mapped or all unmapped.</summary>
/// <param name="Status">Outcome of the query.</param>
/// <param name="Offset">First byte, a multiple of 4096 at most the queried one.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="IsMapped">True when the run occupies space.</param>
public readonly record struct AllocationExtent(VolumeStatus Status, long Offset, long Length, bool IsMapped);

/// <summary>A volume's identity: 64 random bits, never reused. Its NAA identifier and serial number derive from it.</summary>
/// <param name="Value">The bits; never 0.</param>
public readonly record struct VolumeId(ulong Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
