using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>Text Request (RFC 7143, 11.10).</summary>
internal readonly record struct TextRequest
{
    /// <summary>Immediate delivery (RFC 7143, 11.2.1.1).</summary>
    public bool IsImmediate { get; init; }

    /// <summary>Final bit.</summary>
    public bool IsFinal { get; init; }

    /// <summary>Continue bit: the text goes on in the next PDU.</summary>
    public bool IsContinued { get; init; }

    /// <summary>The eight LUN bytes.</summary>
    public ulong Lun { get; init; }

    /// <summary>Initiator Task Tag.</summary>
    public uint InitiatorTaskTag { get; init; }

    /// <summary>Target Transfer Tag.</summary>
    public uint TargetTransferTag { get; init; }

    /// <summary>CmdSN.</summary>
    public uint CmdSn { get; init; }

    /// <summary>ExpStatSN.</summary>
    public uint ExpStatSn { get; init; }

    /// <summary>Bytes of data that follow, without padding.</summary>
    public int DataSegmentLength { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out TextRequest pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.TextRequest))
            return false;
        pdu = new TextRequest
        {
            IsImmediate = BasicHeader.IsImmediate(source),
            IsFinal = (source[1] & 0x80) != 0,
            IsContinued = (source[1] & 0x40) != 0,
            Lun = GetUInt64(source, 8),
            InitiatorTaskTag = BasicHeader.InitiatorTaskTag(source),
            TargetTransferTag = GetUInt32(source, 20),
            CmdSn = GetUInt32(source, 24),
            ExpStatSn = GetUInt32(source, 28),
            DataSegmentLength = BasicHeader.DataSegmentLength(source),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        Start(target, Opcode.TextRequest, (byte)(Flag(IsFinal, 0x80) | Flag(IsContinued, 0x40)), DataSegmentLength, InitiatorTaskTag);
        target[0] |= Flag(IsImmediate, ImmediateBit);
        PutUInt64(target, 8, Lun);
        PutUInt32(target, 20, TargetTransferTag);
        PutUInt32(target, 24, CmdSn);
        PutUInt32(target, 28, ExpStatSn);
    }
}
