using System.Buffers.Binary;

namespace Uss.EndToEnd.Crashes;

/// <summary>
/// A 4 KiB block that says who it is: every 512-byte sector holds the block's number, the number of the write and bytes
/// that follow from both.
/// </summary>
/// <remarks>
/// <code>
/// sector  0        8         16                                  512
///         | block  | version | splitmix64(block, version, sector) |
/// </code>
/// A torn block shows two versions, a misplaced one the wrong block number, a damaged one wrong bytes.
/// </remarks>
internal static class StampedBlock
{
    public const int Size = 4096;

    private const int SectorSize = 512;

    /// <summary>Fills a block.</summary>
    public static void Write(Span<byte> block, long number, long version)
    {
        for (var sector = 0; sector < Size / SectorSize; sector++)
        {
            var bytes = block.Slice(sector * SectorSize, SectorSize);
            BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], version);
            var state = Seed(number, version, sector);
            for (var at = 16; at < SectorSize; at += 8)
                BinaryPrimitives.WriteUInt64LittleEndian(bytes[at..], Next(ref state));
        }
    }

    /// <summary>Reads a block's version: 0 when it is all zeros.</summary>
    /// <param name="problem">What is wrong with it, or null.</param>
    public static long Read(ReadOnlySpan<byte> block, long number, out string? problem)
    {
        problem = null;
        if (block.IndexOfAnyExcept((byte)0) < 0)
            return 0;
        var version = BinaryPrimitives.ReadInt64LittleEndian(block[8..]);
        Span<byte> expected = stackalloc byte[Size];
        Write(expected, number, version);
        var difference = block.CommonPrefixLength(expected);
        if (difference == Size)
            return version;
        var other = block[(difference / SectorSize * SectorSize)..];
        problem = $"block {number}: its first sector is of version {version}, byte {difference} differs; that sector says block "
            + $"{BinaryPrimitives.ReadInt64LittleEndian(other)} version {BinaryPrimitives.ReadInt64LittleEndian(other[8..])}";
        return version;
    }

    private static ulong Seed(long number, long version, int sector) =>
        ((ulong)number * 0x9E3779B97F4A7C15) ^ ((ulong)version * 0xC2B2AE3D27D4EB4F) ^ (uint)sector;

    private static ulong Next(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
