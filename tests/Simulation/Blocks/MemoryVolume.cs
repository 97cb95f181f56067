using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Simulation.Blocks;

/// <summary>What a <see cref="MemoryVolume"/> keeps when its process dies.</summary>
public sealed class MemoryMedium
{
    internal Dictionary<long, byte[]> Blocks { get; } = [];

    internal byte[] BlockAt(long block)
    {
        if (!Blocks.TryGetValue(block, out var bytes))
            Blocks[block] = bytes = new byte[BlockContent.BlockBytes];
        return bytes;
    }
}

/// <summary>
/// A volume in plain memory that is as unhelpful as the contract allows: every operation takes time, each of its blocks
/// takes effect at an instant of its own, and buffers are looked at until the last of them.
/// </summary>
public sealed class MemoryVolume(string name, ulong id, long sizeBytes, MemoryMedium medium, SeededRandom random) : IVolume
{
    /// <summary>Longest time that one block takes, in nanoseconds.</summary>
    public long LongestNs { get; set; } = 300_000;

    /// <summary>Operations that take effect on more than one block without regard to the order of blocks.</summary>
    public long Operations { get; private set; }

    /// <inheritdoc/>
    public VolumeId Id { get; } = new(id);

    /// <inheritdoc/>
    public string Name { get; } = name;

    /// <inheritdoc/>
    public long SizeBytes { get; } = sizeBytes;

    /// <inheritdoc/>
    public ValueTask<VolumeResult> ReadAsync(long offset, BufferSlice target) => EachBlockAsync(
        offset,
        target.Length,
        (block, within, at, length) => medium.BlockAt(block).AsSpan(within, length).CopyTo(target.Span[at..]));

    /// <inheritdoc/>
    public ValueTask<VolumeResult> WriteAsync(long offset, BufferSlice source) => EachBlockAsync(
        offset,
        source.Length,
        (block, within, at, length) => source.Span.Slice(at, length).CopyTo(medium.BlockAt(block).AsSpan(within)));

    /// <inheritdoc/>
    public ValueTask<VolumeResult> DiscardAsync(long offset, long length) => EachBlockAsync(
        offset,
        length,
        (block, within, _, count) =>
        {
            if (medium.Blocks.TryGetValue(block, out var bytes))
                bytes.AsSpan(within, count).Clear();
        });

    /// <inheritdoc/>
    public async ValueTask<VolumeResult> CompareAndWriteAsync(long offset, BufferSlice expected, BufferSlice source)
    {
        Invariant.Check(offset / BlockContent.BlockBytes == (offset + source.Length - 1) / BlockContent.BlockBytes);
        await PauseAsync();
        var present = medium.BlockAt(offset / BlockContent.BlockBytes).AsSpan((int)(offset % BlockContent.BlockBytes), source.Length);
        var equal = present.CommonPrefixLength(expected.Span);
        if (equal < expected.Length)
            return new VolumeResult(VolumeStatus.Miscompare, equal);
        source.Span.CopyTo(present);
        await PauseAsync();
        return VolumeResult.Ok;
    }

    /// <inheritdoc/>
    public async ValueTask<VolumeResult> FlushAsync()
    {
        await PauseAsync();
        return VolumeResult.Ok;
    }

    /// <inheritdoc/>
    public ValueTask<AllocationExtent> QueryAllocationAsync(long offset) =>
        ValueTask.FromResult(new AllocationExtent(VolumeStatus.Ok, 0, SizeBytes, IsMapped: true));

    private async ValueTask<VolumeResult> EachBlockAsync(long offset, long length, Action<long, int, int, int> apply)
    {
        Invariant.Check(offset >= 0 && length > 0 && offset <= SizeBytes - length && offset % 512 == 0 && length % 512 == 0);
        Operations++;
        for (var at = 0L; at < length;)
        {
            if (random.Next(3) == 0)
                await PauseAsync();
            var within = (int)((offset + at) % BlockContent.BlockBytes);
            var count = (int)Math.Min(BlockContent.BlockBytes - within, length - at);
            apply((offset + at) / BlockContent.BlockBytes, within, (int)at, count);
            at += count;
        }

        await PauseAsync();
        return VolumeResult.Ok;
    }

    private ValueTask PauseAsync() => Reactor.Current.DelayAsync(1 + random.Next(LongestNs));
}
