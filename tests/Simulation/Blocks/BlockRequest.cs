using Uss.Simulation.Linearizability;

namespace Uss.Simulation.Blocks;

/// <summary>What a client asks a virtual disk for.</summary>
public enum BlockRequestKind
{
    /// <summary>Read.</summary>
    Read,

    /// <summary>Write.</summary>
    Write,

    /// <summary>Unmap; the range reads as zeros.</summary>
    Discard,

    /// <summary>Compare, and write when equal; within one block.</summary>
    CompareAndWrite,

    /// <summary>A barrier.</summary>
    Flush,
}

/// <summary>A request of a client. Offset and length are multiples of 512 bytes.</summary>
public sealed record BlockRequest
{
    /// <summary>What.</summary>
    public required BlockRequestKind Kind { get; init; }

    /// <summary>First byte.</summary>
    public required long Offset { get; init; }

    /// <summary>Length in bytes.</summary>
    public required int Length { get; init; }

    /// <summary>Stamp that a write puts into its first block; the next block gets the next one.</summary>
    public ulong Stamp { get; init; }

    /// <summary>For a compare-and-write: what its block is expected to hold.</summary>
    public SectorStamps Expected { get; init; }

    /// <summary>The first block that it touches.</summary>
    public long FirstBlock => Offset / BlockContent.BlockBytes;

    /// <summary>The block behind the last one that it touches.</summary>
    public long EndBlock => (Offset + Length + BlockContent.BlockBytes - 1) / BlockContent.BlockBytes;

    /// <summary>True when it changes data.</summary>
    public bool IsChange => Kind is BlockRequestKind.Write or BlockRequestKind.Discard or BlockRequestKind.CompareAndWrite;

    /// <summary>The stamp that it puts into a block; 0 for a discard.</summary>
    public ulong StampOf(long block) => Stamp == 0 ? 0 : Stamp + (ulong)(block - FirstBlock);

    /// <summary>The sectors of a block that it touches.</summary>
    public byte MaskOf(long block)
    {
        var mask = 0;
        for (var sector = 0; sector < SectorStamps.Count; sector++)
        {
            var at = (block * BlockContent.BlockBytes) + (sector * BlockContent.SectorBytes);
            if (at >= Offset && at < Offset + Length)
                mask |= 1 << sector;
        }

        return (byte)mask;
    }

    /// <summary>Fills in what a write writes, or with <paramref name="isExpected"/> what a compare-and-write expects.</summary>
    public void Fill(Span<byte> data, bool isExpected = false)
    {
        for (var at = 0; at < Length; at += BlockContent.SectorBytes)
        {
            var block = (Offset + at) / BlockContent.BlockBytes;
            var sector = (int)((Offset + at) % BlockContent.BlockBytes / BlockContent.SectorBytes);
            var stamp = isExpected ? Expected[sector] : StampOf(block);
            BlockContent.FillSector(data.Slice(at, BlockContent.SectorBytes), sector, stamp);
        }
    }

    /// <summary>What a read found in one of its blocks; sectors that it did not read are 0.</summary>
    public SectorStamps Parse(ReadOnlySpan<byte> data, long block)
    {
        var stamps = default(SectorStamps);
        for (var sector = 0; sector < SectorStamps.Count; sector++)
        {
            var at = (block * BlockContent.BlockBytes) + (sector * BlockContent.SectorBytes) - Offset;
            if (at >= 0 && at < Length)
                stamps[sector] = BlockContent.ReadSector(data.Slice((int)at, BlockContent.SectorBytes), sector);
        }

        return stamps;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Offset}+{Length} stamp {Stamp:x}";
}

/// <summary>What a request came to, as far as its client knows.</summary>
public enum BlockOutcome
{
    /// <summary>Done.</summary>
    Done,

    /// <summary>A compare-and-write found a difference; nothing was written.</summary>
    Miscompare,

    /// <summary>Refused; nothing was changed.</summary>
    Refused,

    /// <summary>Failed; it may have been done before the client was told so, but not later.</summary>
    Failed,

    /// <summary>No answer: it may still be done until its session has been replaced.</summary>
    Lost,
}

/// <summary>Something that clients send block requests to.</summary>
public interface IBlockTarget
{
    /// <summary>Executes a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="data">Where a read puts what it finds; as long as the request.</param>
    ValueTask<BlockOutcome> ExecuteAsync(BlockRequest request, Memory<byte> data);
}
