using System.Buffers.Binary;

namespace Uss.Target.Iscsi;

/// <summary>
/// The Basic Header Segment's common fields (RFC 7143, 11.2.1).
/// <code>
/// byte  0  . I opcode(6)      1  opcode-specific flags     2-3  opcode-specific
/// byte  4  TotalAHSLength     5-7  DataSegmentLength
/// byte  8  LUN or opcode-specific (8)
/// byte 16  Initiator Task Tag
/// byte 20  opcode-specific (28); in PDUs from the target: 24 StatSN, 28 ExpCmdSN, 32 MaxCmdSN
/// </code>
/// </summary>
internal static class BasicHeader
{
    /// <summary>Length of a Basic Header Segment in bytes.</summary>
    public const int Size = 48;

    /// <summary>Length of a header or data digest in bytes (RFC 7143, 13.1).</summary>
    public const int DigestSize = 4;

    /// <summary>Longest additional header segments in bytes: TotalAHSLength counts four-byte words in one byte.</summary>
    public const int MaximumAdditionalHeader = 255 * 4;

    /// <summary>Largest value of the 24-bit DataSegmentLength.</summary>
    public const int MaximumDataSegment = (1 << 24) - 1;

    /// <summary>The tag that means "none" in ITT, TTT and Referenced Task Tag fields.</summary>
    public const uint NoTag = 0xFFFFFFFF;

    /// <summary>Where StatSN, ExpCmdSN and MaxCmdSN stand in every PDU that a target sends.</summary>
    public const int StatSnOffset = 24;

    /// <summary>The immediate-delivery bit of byte 0 (RFC 7143, 11.2.1.1).</summary>
    public const byte ImmediateBit = 0x40;

    /// <summary>The Final (or Transit) bit of byte 1.</summary>
    public const byte FinalBit = 0x80;

    /// <summary>The Continue bit of byte 1 of login and text PDUs (RFC 7143, 11.10.2 and 11.12.2).</summary>
    public const byte ContinueBit = 0x40;

    /// <summary>The opcode, without the immediate bit.</summary>
    public static Opcode OpcodeOf(ReadOnlySpan<byte> header) => (Opcode)(header[0] & 0x3F);

    /// <summary>The immediate-delivery bit.</summary>
    public static bool IsImmediate(ReadOnlySpan<byte> header) => (header[0] & ImmediateBit) != 0;

    /// <summary>Length of all additional header segments in bytes.</summary>
    public static int AdditionalHeaderLength(ReadOnlySpan<byte> header) => header[4] * 4;

    /// <summary>DataSegmentLength: bytes of data without padding and digest.</summary>
    public static int DataSegmentLength(ReadOnlySpan<byte> header) => (header[5] << 16) | (header[6] << 8) | header[7];

    /// <summary>The Initiator Task Tag.</summary>
    public static uint InitiatorTaskTag(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32BigEndian(header[16..]);

    /// <summary>The field at bytes 24 to 27: CmdSN in PDUs from the initiator that carry one.</summary>
    public static uint CmdSn(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32BigEndian(header[24..]);

    /// <summary>Bytes of zeros that pad a segment to a four-byte boundary (RFC 7143, 11.1).</summary>
    public static int PaddingOf(int length) => -length & 3;

    /// <summary>True when the span can hold a header of this opcode.</summary>
    internal static bool Is(ReadOnlySpan<byte> source, Opcode opcode) => source.Length >= Size && OpcodeOf(source) == opcode;

    /// <summary>Clears the header and writes the fields that all PDUs share.</summary>
    internal static void Start(Span<byte> target, Opcode opcode, byte flags, int dataSegmentLength, uint initiatorTaskTag)
    {
        target[..Size].Clear();
        target[0] = (byte)opcode;
        target[1] = flags;
        target[5] = (byte)(dataSegmentLength >> 16);
        target[6] = (byte)(dataSegmentLength >> 8);
        target[7] = (byte)dataSegmentLength;
        PutUInt32(target, 16, initiatorTaskTag);
    }

    internal static byte Flag(bool isSet, byte bit) => isSet ? bit : (byte)0;

    internal static ushort GetUInt16(ReadOnlySpan<byte> source, int offset) => BinaryPrimitives.ReadUInt16BigEndian(source[offset..]);

    internal static uint GetUInt32(ReadOnlySpan<byte> source, int offset) => BinaryPrimitives.ReadUInt32BigEndian(source[offset..]);

    internal static ulong GetUInt64(ReadOnlySpan<byte> source, int offset) => BinaryPrimitives.ReadUInt64BigEndian(source[offset..]);

    internal static void PutUInt16(Span<byte> target, int offset, ushort value) =>
        BinaryPrimitives.WriteUInt16BigEndian(target[offset..], value);

    internal static void PutUInt32(Span<byte> target, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32BigEndian(target[offset..], value);

    internal static void PutUInt64(Span<byte> target, int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64BigEndian(target[offset..], value);

    internal static void PutSequence(Span<byte> target, uint statSn, uint expCmdSn, uint maxCmdSn)
    {
        PutUInt32(target, StatSnOffset, statSn);
        PutUInt32(target, StatSnOffset + 4, expCmdSn);
        PutUInt32(target, StatSnOffset + 8, maxCmdSn);
    }
}
