using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>Reject (RFC 7143, 11.17).</summary>
internal readonly record struct Reject
{
    /// <summary>Reason code (RFC 7143, 11.17.1).</summary>
    public byte Reason { get; init; }

    /// <summary>StatSN.</summary>
    public uint StatSn { get; init; }

    /// <summary>ExpCmdSN.</summary>
    public uint ExpCmdSn { get; init; }

    /// <summary>MaxCmdSN.</summary>
    public uint MaxCmdSn { get; init; }

    /// <summary>DataSN or R2TSN of a rejected SNACK.</summary>
    public uint DataSn { get; init; }

    /// <summary>Bytes of data that follow, without padding.</summary>
    public int DataSegmentLength { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out Reject pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.Reject))
            return false;
        pdu = new Reject
        {
            Reason = source[2],
            StatSn = GetUInt32(source, 24),
            ExpCmdSn = GetUInt32(source, 28),
            MaxCmdSn = GetUInt32(source, 32),
            DataSn = GetUInt32(source, 36),
            DataSegmentLength = BasicHeader.DataSegmentLength(source),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        Start(target, Opcode.Reject, FinalBit, DataSegmentLength, NoTag);
        target[2] = Reason;
        PutSequence(target, StatSn, ExpCmdSn, MaxCmdSn);
        PutUInt32(target, 36, DataSn);
    }
}
