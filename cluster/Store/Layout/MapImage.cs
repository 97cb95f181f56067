using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>A map's image on disk: 1 to 4 pages. Little-endian.</summary>
/// <remarks>
/// <code>
///   0  magic "USSM"                 4
///   4  CRC-32C of bytes 8 to length 4
///   8  space                        8
///  16  index                        4
///  20  snapshot sequence            4
///  24  LSN                          8   the map is the state after this batch
///  32  base version                 8
///  40  entries                      2
///  42  flags                        2   see MapFlags
///  44  length                       4
///  48  disk id, first half          8
///  56  reserved                     8
///  64  presence bits              128
/// 192  entries x {address 5, version 6, CRC-32C 4}, zeros up to a page
/// </code>
/// </remarks>
internal static unsafe class MapImage
{
    /// <summary>Pages of a full map's image: 192 + 1024 x 15 = 15,552 bytes.</summary>
    public const int MaximumPages = 4;

    /// <summary>Bytes before the entries.</summary>
    public const int HeaderBytes = 192;

    /// <summary>Size of one entry on disk.</summary>
    public const int EntryBytes = 15;

    /// <summary>"USSM".</summary>
    public const uint ExpectedMagic = 0x4D535355;

    /// <summary>Largest image in bytes.</summary>
    public const int MaximumBytes = MaximumPages * StoreFormat.PageBytes;

    private const int Words = StoreUnits.BlocksPerObject / 64;

    /// <summary>Pages that the image of a map with <paramref name="entries"/> takes; an empty map has no image.</summary>
    public static int PagesFor(int entries) =>
        entries == 0 ? 0 : (HeaderBytes + (entries * EntryBytes) + StoreFormat.PageBytes - 1) / StoreFormat.PageBytes;

    /// <summary>Writes the image of a map that has entries.</summary>
    /// <returns>Pages written; the rest of the last page is zero.</returns>
    public static int Write(Span<byte> destination, ulong diskIdHalf, ObjectId id, uint sequence, ulong lsn, LayerMap* map)
    {
        var entries = LayerMap.EntriesOf(map);
        var pages = PagesFor(entries.Length);
        var length = HeaderBytes + (entries.Length * EntryBytes);
        var image = destination[..(pages * StoreFormat.PageBytes)];
        image[..HeaderBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(image, ExpectedMagic);
        BinaryPrimitives.WriteUInt64LittleEndian(image[8..], id.Space);
        BinaryPrimitives.WriteUInt32LittleEndian(image[16..], id.Index);
        BinaryPrimitives.WriteUInt32LittleEndian(image[20..], sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(image[24..], lsn);
        BinaryPrimitives.WriteUInt64LittleEndian(image[32..], map->BaseVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(image[40..], (ushort)entries.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(image[42..], (ushort)map->Flags);
        BinaryPrimitives.WriteInt32LittleEndian(image[44..], length);
        BinaryPrimitives.WriteUInt64LittleEndian(image[48..], diskIdHalf);
        MemoryMarshal.AsBytes(LayerMap.BitsOf(map)).CopyTo(image[64..]);
        var position = HeaderBytes;
        foreach (ref readonly var entry in entries)
        {
            var slot = image[position..];
            var version = entry.Version;
            BinaryPrimitives.WriteUInt32LittleEndian(slot, (uint)entry.Address);
            slot[4] = (byte)(entry.Address >> 32);
            BinaryPrimitives.WriteUInt32LittleEndian(slot[5..], (uint)version);
            BinaryPrimitives.WriteUInt16LittleEndian(slot[9..], (ushort)(version >> 32));
            BinaryPrimitives.WriteUInt32LittleEndian(slot[11..], entry.Checksum);
            position += EntryBytes;
        }

        image[length..].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(image[4..], Crc32C.Compute(image[8..length]));
        return pages;
    }

    /// <summary>Reads an image's header without judging it; false when it is not one or its checksum does not hold.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> image, out MapImageHeader header)
    {
        header = default;
        if (image.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(image) != ExpectedMagic)
            return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(image[44..]);
        int entries = BinaryPrimitives.ReadUInt16LittleEndian(image[40..]);
        if (entries > StoreUnits.BlocksPerObject || length != HeaderBytes + (entries * EntryBytes) || length > image.Length)
            return false;
        if (Crc32C.Compute(image[8..length]) != BinaryPrimitives.ReadUInt32LittleEndian(image[4..]))
            return false;
        header = new MapImageHeader(
            new ObjectId(BinaryPrimitives.ReadUInt64LittleEndian(image[8..]), BinaryPrimitives.ReadUInt32LittleEndian(image[16..])),
            BinaryPrimitives.ReadUInt32LittleEndian(image[20..]),
            BinaryPrimitives.ReadUInt64LittleEndian(image[24..]),
            entries,
            (MapFlags)BinaryPrimitives.ReadUInt16LittleEndian(image[42..]),
            BinaryPrimitives.ReadUInt64LittleEndian(image[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(image[48..]));
        return true;
    }

    /// <summary>
    /// Reads an image into a new map; null when it is damaged or not the image that the object table names (a write
    /// that the disk lost leaves an older image with a good checksum behind).
    /// </summary>
    public static LayerMap* Read(ReadOnlySpan<byte> image, ulong diskIdHalf, in TableEntry expected, in StoreGeometry geometry)
    {
        if (!TryReadHeader(image, out var header)
            || header.DiskIdHalf != diskIdHalf
            || header.Id != expected.Id
            || header.Sequence != expected.Sequence
            || header.Lsn != expected.ImageLsn)
            return null;
        Span<ulong> bits = stackalloc ulong[Words];
        image.Slice(64, Words * 8).CopyTo(MemoryMarshal.AsBytes(bits));
        var count = 0;
        foreach (var word in bits)
            count += BitOperations.PopCount(word);
        if (count != header.Entries)
            return null;
        Span<MapEntry> entries = stackalloc MapEntry[header.Entries];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = EntryAt(image, i);
            if (!entries[i].IsHole && !geometry.IsDataAddress(entries[i].Address))
                return null;
        }

        var map = LayerMap.Create(entries.Length);
        LayerMap.Fill(map, bits, entries);
        LayerMap.SetAbsent(map, header.Flags, header.BaseVersion);
        return map;
    }

    /// <summary>The entry of the given rank.</summary>
    public static MapEntry EntryAt(ReadOnlySpan<byte> image, int rank)
    {
        var slot = image.Slice(HeaderBytes + (rank * EntryBytes), EntryBytes);
        return new MapEntry(
            BinaryPrimitives.ReadUInt32LittleEndian(slot) | ((ulong)slot[4] << 32),
            BinaryPrimitives.ReadUInt32LittleEndian(slot[5..]) | ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(slot[9..]) << 32),
            BinaryPrimitives.ReadUInt32LittleEndian(slot[11..]));
    }
}

/// <summary>What an image says of itself.</summary>
internal readonly record struct MapImageHeader(
    ObjectId Id, uint Sequence, ulong Lsn, int Entries, MapFlags Flags, ulong BaseVersion, ulong DiskIdHalf);
