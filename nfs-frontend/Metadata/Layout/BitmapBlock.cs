using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>Says which of 32,256 pages are in use: 504 MiB of them. A header of 64 bytes, then one bit a page. Little-endian.</summary>
/// <remarks>
/// <code>
///    0  CRC-32C of bytes 4 to 4095      4
///    4  magic "USSB"                    4
///    8  number of the block             8
///   16  generation                      8   of the superblock that was the first to have it
///   24  file-system id                  8
///   32  reserved                       32
///   64  bits                         4032   1: used
/// 4096
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = HeaderBytes)]
internal struct BitmapBlock
{
    /// <summary>Size on disk.</summary>
    public const int Size = 4096;

    /// <summary>Size of the header.</summary>
    public const int HeaderBytes = 64;

    /// <summary>Words of 64 bits.</summary>
    public const int Words = (Size - HeaderBytes) / 8;

    /// <summary>Pages that one block speaks of.</summary>
    public const int Pages = Words * 64;

    /// <summary>"USSB".</summary>
    public const uint ExpectedMagic = 0x42535355;

    [FieldOffset(0)]
    public uint Checksum;

    [FieldOffset(4)]
    public uint Magic;

    [FieldOffset(8)]
    public long Number;

    [FieldOffset(16)]
    public ulong Generation;

    [FieldOffset(24)]
    public ulong FileSystem;

    /// <summary>Reads a block; false unless it is that block of that file system, whole.</summary>
    public static bool TryParse(ReadOnlySpan<byte> block, int number, ulong fileSystem, Span<ulong> words)
    {
        var header = MemoryMarshal.Read<BitmapBlock>(block);
        if (header.Magic != ExpectedMagic
            || header.Number != number
            || header.FileSystem != fileSystem
            || header.Checksum != Crc32C.Compute(block[4..Size]))
        {
            return false;
        }

        block[HeaderBytes..Size].CopyTo(MemoryMarshal.AsBytes(words[..Words]));
        return true;
    }

    /// <summary>Writes a block with its checksum.</summary>
    public void Write(Span<byte> block, ReadOnlySpan<ulong> words)
    {
        Magic = ExpectedMagic;
        Checksum = 0;
        MemoryMarshal.Write(block, in this);
        MemoryMarshal.AsBytes(words[..Words]).CopyTo(block[HeaderBytes..]);
        Checksum = Crc32C.Compute(block[4..Size]);
        MemoryMarshal.Write(block, in Checksum);
    }
}
