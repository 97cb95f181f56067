using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>The first 64 bytes of a log batch; records follow, zeros fill the last page. Little-endian.</summary>
/// <remarks>
/// <code>
///  0  magic "USSL"                   4
///  4  CRC-32C of bytes 8 to 63       4
///  8  LSN                            8   number of the batch, one more than the one before it
/// 16  barrier                        8   batches up to this one are known to be durable
/// 24  length                         4   whole pages, this header included
/// 28  payload                        4   bytes of records after this header
/// 32  CRC-32C of the payload         4
/// 36  records                        4
/// 40  CRC of the header before it    4   the chain: a batch of an older lap or life does not fit
/// 44  incarnation                    4   one more with each recovery
/// 48  disk id, first half            8
/// 56  reserved                       8
/// 64
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct LogBatchHeader
{
    /// <summary>Size in bytes.</summary>
    public const int Bytes = 64;

    /// <summary>"USSL".</summary>
    public const uint ExpectedMagic = 0x4C535355;

    [FieldOffset(0)]
    public uint Magic;

    [FieldOffset(4)]
    public uint HeaderChecksum;

    [FieldOffset(8)]
    public ulong Lsn;

    [FieldOffset(16)]
    public ulong Barrier;

    [FieldOffset(24)]
    public int LengthBytes;

    [FieldOffset(28)]
    public int PayloadBytes;

    [FieldOffset(32)]
    public uint PayloadChecksum;

    [FieldOffset(36)]
    public int RecordCount;

    [FieldOffset(40)]
    public uint PreviousHeaderChecksum;

    [FieldOffset(44)]
    public uint Incarnation;

    [FieldOffset(48)]
    public ulong DiskIdHalf;

    /// <summary>Reads a header whose own checksum and lengths hold.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, int maximumBatchBytes, out LogBatchHeader header)
    {
        header = default;
        if (source.Length < Bytes)
            return false;
        header = MemoryMarshal.Read<LogBatchHeader>(source);
        return header.Magic == ExpectedMagic
            && header.HeaderChecksum == Crc32C.Compute(source[8..Bytes])
            && header.LengthBytes > 0
            && header.LengthBytes % StoreFormat.PageBytes == 0
            && header.LengthBytes <= maximumBatchBytes
            && header.PayloadBytes >= 0
            && header.PayloadBytes <= header.LengthBytes - Bytes
            && header.RecordCount >= 0;
    }

    /// <summary>Seals a batch: fills in magic and checksums and writes the header in front of the payload.</summary>
    public void Seal(Span<byte> batch)
    {
        Magic = ExpectedMagic;
        PayloadChecksum = Crc32C.Compute(batch.Slice(Bytes, PayloadBytes));
        MemoryMarshal.Write(batch, in this);
        HeaderChecksum = Crc32C.Compute(batch[8..Bytes]);
        MemoryMarshal.Write(batch, in this);
    }
}
