using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>The first 64 bytes of a commit in the log; records follow, zeros fill the last block. Little-endian.</summary>
/// <remarks>
/// <code>
///  0  magic "USSC"                        4
///  4  CRC-32C of bytes 8 to the end       4   the end of the records, not of the block
///  8  sequence                            8   one more than that of the commit before
/// 16  life                                8   random, one for each time that the store was opened
/// 24  first sequence                      8   of that life
/// 32  payload                             4   bytes of records after this header
/// 36  records                             4
/// 40  CRC-32C of the commit before        4   its field at 4
/// 44  reserved                            4
/// 48  file-system id                      8
/// 56  reserved                            8
/// 64
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct CommitHeader
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 64;

    /// <summary>"USSC".</summary>
    public const uint ExpectedMagic = 0x43535355;

    private const int ChecksumStart = 8;

    [FieldOffset(0)]
    public uint Magic;

    [FieldOffset(4)]
    public uint Checksum;

    [FieldOffset(8)]
    public ulong Sequence;

    [FieldOffset(16)]
    public ulong Life;

    [FieldOffset(24)]
    public ulong FirstSequence;

    [FieldOffset(32)]
    public int PayloadBytes;

    [FieldOffset(36)]
    public int Records;

    [FieldOffset(40)]
    public uint PreviousChecksum;

    [FieldOffset(48)]
    public ulong FileSystem;

    /// <summary>Blocks that it takes.</summary>
    public readonly int Blocks => BlocksOf(PayloadBytes);

    /// <summary>Blocks that a commit with so many bytes of records takes.</summary>
    public static int BlocksOf(int payloadBytes) => (Size + payloadBytes + MetadataLayout.BlockBytes - 1) / MetadataLayout.BlockBytes;

    /// <summary>Reads the header of a whole commit; false unless all of it is in <paramref name="source"/> and undamaged.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out CommitHeader header)
    {
        header = default;
        if (source.Length < Size)
            return false;
        header = MemoryMarshal.Read<CommitHeader>(source);
        return header.Magic == ExpectedMagic
            && header.PayloadBytes >= 0
            && header.PayloadBytes <= source.Length - Size
            && header.Checksum == Crc32C.Compute(source.Slice(ChecksumStart, Size - ChecksumStart + header.PayloadBytes));
    }

    /// <summary>
    /// True when this commit can only have been written behind the other: by the same life, or as the first one of a life that had
    /// read the other. What an earlier life wrote behind a commit that did not survive is refused by that.
    /// </summary>
    public readonly bool Follows(ulong nextSequence, ulong previousLife, uint previousChecksum) =>
        Sequence == nextSequence
        && PreviousChecksum == previousChecksum
        && (FirstSequence == Sequence ? Life != previousLife : Life == previousLife);

    /// <summary>Fills in magic and checksum and writes the header in front of the records.</summary>
    /// <param name="commit">Header, records and zeros to the end of the last block.</param>
    public void Seal(Span<byte> commit)
    {
        Magic = ExpectedMagic;
        Checksum = 0;
        MemoryMarshal.Write(commit, in this);
        Checksum = Crc32C.Compute(commit.Slice(ChecksumStart, Size - ChecksumStart + PayloadBytes));
        MemoryMarshal.Write(commit, in this);
    }
}
