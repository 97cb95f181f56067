using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>
/// The anchor of a file system's metadata, one block, kept twice and written in turn; the one with the higher generation counts.
/// Little-endian.
/// </summary>
/// <remarks>
/// <code>
///    0  magic "USSMETA1"                8
///    8  CRC-32C of bytes 12 to 4095     4
///   12  layout version                  2
///   14  reserved                        2
///   16  file-system id                  8
///   24  generation                      8   one more with each checkpoint; even: block 0, odd: block 1
///   32  log bytes                       8
///   40  root page                       8
///   48  generation of the root page     8
///   56  level of the root page          4   0: it is a leaf
///   60  reserved                        4
///   64  next page                       8   pages from here on were never used
///   72  used pages                      8
///   80  records                         8
///   88  log position                    8   where the next commit starts, in blocks since the ring was first used
///   96  next sequence                   8   of the first commit that recovery replays
///  104  life of the commit before       8
///  112  CRC-32C of the commit before    4
///  116  reserved                        4
///  120  created, UTC ticks              8
///  128  reserved                     1920
/// 2048  bitmap slots                 2048   bit n: which slot of bitmap block n is current
/// 4096
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = FieldBytes)]
internal struct MetadataSuperblock
{
    /// <summary>Size on disk.</summary>
    public const int Size = 4096;

    /// <summary>"USSMETA1".</summary>
    public const ulong ExpectedMagic = 0x314154454D535355;

    /// <summary>Where the bitmap slots begin.</summary>
    public const int SlotsOffset = 2048;

    /// <summary>Bytes of bitmap slots.</summary>
    public const int SlotsBytes = MetadataLayout.MaximumBitmapBlocks / 8;

    private const int FieldBytes = 128;
    private const int ChecksumStart = 12;

    [FieldOffset(0)]
    public ulong Magic;

    [FieldOffset(8)]
    public uint Checksum;

    [FieldOffset(12)]
    public ushort Version;

    [FieldOffset(16)]
    public ulong FileSystem;

    [FieldOffset(24)]
    public ulong Generation;

    [FieldOffset(32)]
    public long LogBytes;

    [FieldOffset(40)]
    public PageReference Root;

    [FieldOffset(56)]
    public int RootLevel;

    [FieldOffset(64)]
    public long NextPage;

    [FieldOffset(72)]
    public long UsedPages;

    [FieldOffset(80)]
    public long Records;

    [FieldOffset(88)]
    public long LogPosition;

    [FieldOffset(96)]
    public ulong NextSequence;

    [FieldOffset(104)]
    public ulong PreviousLife;

    [FieldOffset(112)]
    public uint PreviousChecksum;

    [FieldOffset(120)]
    public long CreatedUtcTicks;

    /// <summary>Reads a superblock; false when magic, checksum or a field do not hold. The version is the caller's to judge.</summary>
    public static bool TryParse(ReadOnlySpan<byte> block, out MetadataSuperblock superblock)
    {
        superblock = default;
        if (block.Length < Size || BinaryPrimitives.ReadUInt64LittleEndian(block) != ExpectedMagic)
            return false;
        superblock = MemoryMarshal.Read<MetadataSuperblock>(block);
        return superblock.Checksum == Crc32C.Compute(block[ChecksumStart..Size])
            && (superblock.Version != MetadataLayout.Version || superblock.IsSound());
    }

    /// <summary>Writes the superblock with its checksum.</summary>
    /// <param name="block">Where to.</param>
    /// <param name="slots">The bitmap slots.</param>
    public void Write(Span<byte> block, ReadOnlySpan<byte> slots)
    {
        Magic = ExpectedMagic;
        block[..Size].Clear();
        MemoryMarshal.Write(block, in this);
        slots.CopyTo(block[SlotsOffset..Size]);
        Checksum = Crc32C.Compute(block[ChecksumStart..Size]);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], Checksum);
    }

    private readonly bool IsSound() =>
        LogBytes is >= MetadataLayout.MinimumLogBytes and <= MetadataLayout.MaximumLogBytes
        && LogBytes % MetadataLayout.BlockBytes == 0
        && NextPage is >= 1 and <= MetadataLayout.MaximumPages
        && Root.Id >= 0 && Root.Id < NextPage
        && RootLevel is >= 0 and <= Page.MaximumLevel
        && LogPosition >= 0;
}
