using System.Runtime.InteropServices;

namespace Uss.Store;

/// <summary>What a log record does.</summary>
internal enum LogRecordKind : byte
{
    /// <summary>Sets blocks of a layer.</summary>
    Write = 1,

    /// <summary>Makes blocks of a layer holes.</summary>
    Discard = 2,

    /// <summary>Marks a space as deleted.</summary>
    DeleteSpace = 3,

    /// <summary>Frees one layer of a deleted space.</summary>
    RemoveLayer = 4,

    /// <summary>Ends the deletion of a space: all its layers are gone.</summary>
    SpaceGone = 5,

    /// <summary>Marks snapshot sequences of a space as dropped.</summary>
    DropSequence = 6,

    /// <summary>Merges the layer of a dropped sequence into the layer of sequence <c>Version</c>.</summary>
    MergeLayer = 7,

    /// <summary>Makes record number <c>Index</c> of batch <c>Version</c> void: it was never acknowledged.</summary>
    VoidRecord = 8,
}

/// <summary>The fixed part of a log record, 32 bytes. Little-endian.</summary>
/// <remarks>
/// <code>
///  0  kind 1 | flags 1 | length 2          of the whole record, a multiple of 8
///  4  first block 2 | block count 2
///  8  space                           8
/// 16  index                           4
/// 20  snapshot sequence               4
/// 24  version                         6
/// 30  extents                         2
/// 32  extents x {address 48 bits, length 16 bits}   8 each
///     blocks x CRC-32C                               4 each, zeros up to a multiple of 8
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct LogRecord
{
    /// <summary>Size of the fixed part in bytes.</summary>
    public const int Bytes = 32;

    /// <summary>Flag of a discard: blocks that the layer does not have stay absent.</summary>
    public const byte OnlyPresentFlag = 1;

    private const ulong Low48 = (1UL << 48) - 1;

    [FieldOffset(0)]
    public LogRecordKind Kind;

    [FieldOffset(1)]
    public byte Flags;

    [FieldOffset(2)]
    public ushort LengthBytes;

    [FieldOffset(4)]
    public ushort FirstBlock;

    [FieldOffset(6)]
    public ushort BlockCount;

    [FieldOffset(8)]
    public ulong Space;

    [FieldOffset(16)]
    public uint Index;

    [FieldOffset(20)]
    public uint Sequence;

    [FieldOffset(24)]
    private ulong _versionAndExtents;

    [FieldOffset(30)]
    public ushort ExtentCount;

    /// <summary>Version of the change, or what the kind says.</summary>
    public ulong Version
    {
        readonly get => _versionAndExtents & Low48;
        set => _versionAndExtents = (_versionAndExtents & ~Low48) | (value & Low48);
    }

    /// <summary>The object.</summary>
    public readonly ObjectId Id => new(Space, Index);

    /// <summary>Length of a record with so many extents and blocks with data, in bytes.</summary>
    public static int LengthFor(int extents, int checksums) => (Bytes + (extents * 8) + (checksums * 4) + 7) / 8 * 8;

    /// <summary>Writes a record.</summary>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> destination, ReadOnlySpan<Extent> extents, ReadOnlySpan<uint> checksums)
    {
        ExtentCount = (ushort)extents.Length;
        LengthBytes = (ushort)LengthFor(extents.Length, checksums.Length);
        var record = destination[..LengthBytes];
        record[^8..].Clear();
        MemoryMarshal.Write(record, in this);
        MemoryMarshal.AsBytes(extents).CopyTo(record[Bytes..]);
        MemoryMarshal.AsBytes(checksums).CopyTo(record[(Bytes + (extents.Length * 8))..]);
        return LengthBytes;
    }

    /// <summary>
    /// Reads the record at the start of <paramref name="source"/>; false when it is not sound in itself.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> source, in StoreGeometry geometry, out LogRecordView view)
    {
        view = default;
        if (source.Length < Bytes)
            return false;
        var record = MemoryMarshal.Read<LogRecord>(source);
        var checksums = record.Kind == LogRecordKind.Write ? record.BlockCount : 0;
        if (record.Kind is < LogRecordKind.Write or > LogRecordKind.VoidRecord
            || record.LengthBytes > source.Length
            || record.LengthBytes != LengthFor(record.ExtentCount, checksums)
            || record.FirstBlock + record.BlockCount > StoreUnits.BlocksPerObject)
            return false;
        var extents = MemoryMarshal.Cast<byte, Extent>(source.Slice(Bytes, record.ExtentCount * 8));
        var blocks = 0;
        foreach (ref readonly var extent in extents)
        {
            var last = extent.Address + (ulong)extent.Length - 1;
            if (extent.Length == 0 || !geometry.IsDataAddress(extent.Address) || !geometry.IsDataAddress(last))
                return false;
            blocks += extent.Length;
        }

        if (blocks != checksums || (record.Kind == LogRecordKind.Write && blocks == 0))
            return false;
        var tail = source.Slice(Bytes + (extents.Length * 8), checksums * 4);
        view = new LogRecordView(record, extents, MemoryMarshal.Cast<byte, uint>(tail));
        return true;
    }
}

/// <summary>A record in the log's own bytes.</summary>
internal readonly ref struct LogRecordView(LogRecord record, ReadOnlySpan<Extent> extents, ReadOnlySpan<uint> checksums)
{
    /// <summary>The fixed part.</summary>
    public LogRecord Record { get; } = record;

    /// <summary>Where the data lies, in block order.</summary>
    public ReadOnlySpan<Extent> Extents { get; } = extents;

    /// <summary>CRC-32C of each block.</summary>
    public ReadOnlySpan<uint> Checksums { get; } = checksums;
}
