using System.Runtime.InteropServices;
using Uss.Runtime;
using Uss.Simulation.Linearizability;

namespace Uss.Simulation.Blocks;

/// <summary>
/// What clients write: each 4 KiB block carries a stamp from which all of its bytes follow, so that a reader can tell
/// which write a block is from, and that it is from one write only. Stamp 0 is a block of zeros.
/// </summary>
public static class BlockContent
{
    /// <summary>Size of a block in bytes.</summary>
    public const int BlockBytes = 4096;

    /// <summary>Size of a sector in bytes.</summary>
    public const int SectorBytes = BlockBytes / SectorStamps.Count;

    /// <summary>Stands for a sector whose bytes no single write has put there.</summary>
    public const ulong Garbage = ulong.MaxValue;

    private const int WordsPerSector = SectorBytes / sizeof(ulong);
    private const ulong Multiplier = 0xD6E8FEB86659FD93UL;

    // Stamps of most seeds, 128 KiB a thread.
    private const int RememberedStamps = 16384;

    // Checksum with a one above it where it is known.
    [ThreadStatic]
    private static ulong[]? _checksums;

    /// <summary>Fills a block with the bytes of a stamp.</summary>
    public static void Fill(Span<byte> block, ulong stamp)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(block);
        if (stamp == 0)
        {
            words.Clear();
            return;
        }

        for (var i = 0; i < words.Length; i++)
            words[i] = Word(stamp, i);
    }

    /// <summary>True when the block holds exactly the bytes of the stamp.</summary>
    public static bool Is(ReadOnlySpan<byte> block, ulong stamp)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(block);
        if (stamp == 0)
            return words.IndexOfAnyExcept(0UL) < 0;
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] != Word(stamp, i))
                return false;
        }

        return true;
    }

    /// <summary>CRC-32C of a block with the bytes of a stamp. Remembered, since every seed counts its stamps from 1.</summary>
    public static uint ChecksumOf(ulong stamp)
    {
        if (stamp >= RememberedStamps)
            return ComputeChecksum(stamp);
        var remembered = _checksums ??= new ulong[RememberedStamps];
        if (remembered[stamp] == 0)
            remembered[stamp] = (1UL << 32) | ComputeChecksum(stamp);
        return (uint)remembered[stamp];
    }

    /// <summary>Fills one sector of a block with the bytes of a stamp.</summary>
    public static void FillSector(Span<byte> sector, int index, ulong stamp)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(sector);
        for (var i = 0; i < words.Length; i++)
            words[i] = stamp == 0 ? 0 : Word(stamp, (index * WordsPerSector) + i);
    }

    /// <summary>The stamp of a sector; <see cref="Garbage"/> when its bytes are not of one write.</summary>
    public static ulong ReadSector(ReadOnlySpan<byte> sector, int index)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(sector);
        if (words.IndexOfAnyExcept(0UL) < 0)
            return 0;
        var stamp = words[0] - ((ulong)(index * WordsPerSector) * Multiplier);
        for (var i = 1; i < words.Length; i++)
        {
            if (words[i] != Word(stamp, (index * WordsPerSector) + i))
                return Garbage;
        }

        return stamp;
    }

    /// <summary>Says what a block holds, for messages.</summary>
    public static string Describe(ReadOnlySpan<byte> block)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(block);
        var stamp = words[0];
        if (Is(block, stamp))
            return stamp == 0 ? "zeros" : $"stamp {stamp:x}";
        var parts = new List<string>();
        var isSame = -1;
        for (var sector = 0; sector < block.Length / 512; sector++)
        {
            // Word i of stamp s is s + i * Multiplier, so any word tells its stamp.
            var first = words[sector * 64];
            var name = first == 0 ? "zeros" : $"{first - ((ulong)(sector * 64) * Multiplier):x}";
            if (isSame >= 0 && parts[isSame].EndsWith(' ' + name, StringComparison.Ordinal))
                continue;
            isSame = parts.Count;
            parts.Add($"sector {sector}: {name}");
        }

        return "a mix: " + string.Join(", ", parts);
    }

    private static uint ComputeChecksum(ulong stamp)
    {
        Span<byte> block = stackalloc byte[BlockBytes];
        Fill(block, stamp);
        return Crc32C.Compute(block);
    }

    private static ulong Word(ulong stamp, int index) => stamp + ((ulong)index * Multiplier);
}
