using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>How a chunk of the bitmap or of the object table is kept in a checkpoint.</summary>
internal enum ChunkState : uint
{
    /// <summary>All bytes are zero; nothing is stored.</summary>
    Zeros = 0,

    /// <summary>All bits are ones; nothing is stored.</summary>
    Ones = 1,

    /// <summary>Stored at its place in the area.</summary>
    Stored = 2,
}

/// <summary>One chunk's state and checksum, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
internal record struct ChunkEntry(ChunkState State, uint Checksum);

/// <summary>
/// The first pages of a checkpoint area: says of every chunk of the bitmap, then of the object table, whether it is
/// stored and what its checksum is. The superblock holds the checksum of the root.
/// </summary>
/// <remarks>
/// <code>
///  0  magic "USSROOT1"            8
///  8  generation                  8
/// 16  bitmap chunks               4
/// 20  table chunks                4
/// 24  reserved                   40
/// 64  bitmap chunks x {state 4, CRC-32C 4}, table chunks x {state 4, CRC-32C 4}, zeros up to a page
/// </code>
/// </remarks>
internal static class CheckpointRoot
{
    /// <summary>Size of the header in bytes.</summary>
    public const int HeaderBytes = 64;

    /// <summary>Size of one chunk's entry in bytes.</summary>
    public const int ChunkEntryBytes = 8;

    /// <summary>"USSROOT1".</summary>
    public const ulong ExpectedMagic = 0x31544F4F52535355;

    /// <summary>Writes a root of <c>geometry.RootBytes</c>.</summary>
    /// <returns>Its checksum, for the superblock.</returns>
    public static uint Write(Span<byte> destination, in StoreGeometry geometry, ulong generation, ReadOnlySpan<ChunkEntry> chunks)
    {
        Invariant.Check(chunks.Length == geometry.BitmapChunks + geometry.TableChunks);
        destination.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(destination, ExpectedMagic);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], generation);
        BinaryPrimitives.WriteInt32LittleEndian(destination[16..], geometry.BitmapChunks);
        BinaryPrimitives.WriteInt32LittleEndian(destination[20..], geometry.TableChunks);
        MemoryMarshal.AsBytes(chunks).CopyTo(destination[HeaderBytes..]);
        return Crc32C.Compute(destination);
    }

    /// <summary>Reads a root; false when it is not the one that the superblock names.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, in Superblock superblock, Span<ChunkEntry> chunks)
    {
        var geometry = superblock.Geometry;
        Invariant.Check(chunks.Length == geometry.BitmapChunks + geometry.TableChunks && source.Length == geometry.RootBytes);
        if (Crc32C.Compute(source) != superblock.RootChecksum
            || BinaryPrimitives.ReadUInt64LittleEndian(source) != ExpectedMagic
            || BinaryPrimitives.ReadUInt64LittleEndian(source[8..]) != superblock.Generation)
            return false;
        source.Slice(HeaderBytes, chunks.Length * ChunkEntryBytes).CopyTo(MemoryMarshal.AsBytes(chunks));
        return true;
    }
}
