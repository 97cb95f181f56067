using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// The anchor of a disk, 4096 bytes, kept twice and written in turn; the valid one with the higher generation counts.
/// Little-endian.
/// </summary>
/// <remarks>
/// <code>
///   0  magic "USSDISK1"                8
///   8  CRC-32C of bytes 12 to 4095     4
///  12  format version                  2
///  14  reserved                        2
///  16  disk id                        16
///  32  generation                      8   one more with each checkpoint; even: area 0, odd: area 1
///  40  size                            8
///  48  log bytes                       8
///  56  map bytes                       8
///  64  table slots                     4
///  68  CRC-32C of the root             4
///  72  bitmap blocks                   8
///  80  replay LSN                      8   the first batch that recovery replays is the next one
///  88  replay position                 8   where that batch starts, in bytes since the ring was first used
///  96  frozen LSN                      8   bitmap and table are the state after this batch
/// 104  CRC of the header before it     4   chain start for the replay
/// 108  incarnation                     4   of the log at the replay LSN
/// 112  highest version                 8
/// 120  frontier                        8   data blocks from here on were never used
/// 128  created, UTC ticks              8
/// 136  flags                           4   1: the device has not heard of all discards
/// 140  reserved                      116
/// 256  pool id                        16
/// 272  cluster id                     16
/// 288  reserved
/// 4096
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct Superblock
{
    /// <summary>Size on disk.</summary>
    public const int Bytes = 4096;

    /// <summary>"USSDISK1".</summary>
    public const ulong ExpectedMagic = 0x314B534944535355;

    /// <summary>Flag: discards were on their way to the device when the checkpoint was written.</summary>
    public const uint PendingDiscardsFlag = 1;

    private const int ChecksumStart = 12;

    [FieldOffset(0)]
    public ulong Magic;

    [FieldOffset(8)]
    public uint Checksum;

    [FieldOffset(12)]
    public ushort FormatVersion;

    [FieldOffset(16)]
    public Guid DiskId;

    [FieldOffset(32)]
    public ulong Generation;

    [FieldOffset(40)]
    public long SizeBytes;

    [FieldOffset(48)]
    public long LogBytes;

    [FieldOffset(56)]
    public long MapBytes;

    [FieldOffset(64)]
    public int TableSlots;

    [FieldOffset(68)]
    public uint RootChecksum;

    [FieldOffset(72)]
    public long BitmapBlocks;

    [FieldOffset(80)]
    public ulong ReplayLsn;

    [FieldOffset(88)]
    public long ReplayPosition;

    [FieldOffset(96)]
    public ulong FrozenLsn;

    [FieldOffset(104)]
    public uint PreviousHeaderChecksum;

    [FieldOffset(108)]
    public uint Incarnation;

    [FieldOffset(112)]
    public ulong HighestVersion;

    [FieldOffset(120)]
    public long Frontier;

    [FieldOffset(128)]
    public long CreatedUtcTicks;

    [FieldOffset(136)]
    public uint Flags;

    [FieldOffset(256)]
    public Guid PoolId;

    [FieldOffset(272)]
    public Guid ClusterId;

    /// <summary>The checkpoint area that this superblock names, which is also the superblock's own place: 0 or 1.</summary>
    public readonly int Area => (int)(Generation & 1);

    /// <summary>The zones.</summary>
    public readonly StoreGeometry Geometry => new()
    {
        SizeBytes = SizeBytes,
        LogBytes = LogBytes,
        MapBytes = MapBytes,
        TableSlots = TableSlots,
        BitmapBlocks = BitmapBlocks,
    };

    /// <summary>Where the superblock of an area lies, in bytes.</summary>
    public static long OffsetOf(int area) => area == 0 ? StoreFormat.SuperblockAOffset : StoreFormat.SuperblockBOffset;

    /// <summary>True when the bytes start as a superblock does, valid or not.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> page) =>
        page.Length >= 8 && BinaryPrimitives.ReadUInt64LittleEndian(page) == ExpectedMagic;

    /// <summary>Reads a superblock; false when magic or checksum do not hold. The format version is the caller's to judge.</summary>
    public static bool TryRead(ReadOnlySpan<byte> page, out Superblock superblock)
    {
        superblock = default;
        if (page.Length < Bytes || !HasMagic(page))
            return false;
        superblock = MemoryMarshal.Read<Superblock>(page);
        return superblock.Checksum == Crc32C.Compute(page[ChecksumStart..Bytes]);
    }

    /// <summary>Writes the superblock with its checksum.</summary>
    public void Write(Span<byte> page)
    {
        Magic = ExpectedMagic;
        FormatVersion = StoreFormat.Version;
        page[..Bytes].Clear();
        MemoryMarshal.Write(page, in this);
        Checksum = Crc32C.Compute(page[ChecksumStart..Bytes]);
        BinaryPrimitives.WriteUInt32LittleEndian(page[8..], Checksum);
    }

    /// <summary>Writes a page that is no valid superblock, and still shows whose disk it is.</summary>
    public static void WriteErased(Span<byte> page)
    {
        page[..Bytes].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(page, ExpectedMagic);
    }
}
