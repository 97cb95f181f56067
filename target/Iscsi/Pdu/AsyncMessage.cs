using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>Asynchronous Message (RFC 7143, 11.9).</summary>
internal readonly record struct AsyncMessage
{
    /// <summary>The eight LUN bytes.</summary>
    public ulong Lun { get; init; }

    /// <summary>StatSN.</summary>
    public uint StatSn { get; init; }

    /// <summary>ExpCmdSN.</summary>
    public uint ExpCmdSn { get; init; }

    /// <summary>MaxCmdSN.</summary>
    public uint MaxCmdSn { get; init; }

    /// <summary>AsyncEvent: 1 logout requested, 2 connection will be dropped, 3 session will be dropped.</summary>
    public byte Event { get; init; }

    /// <summary>AsyncVCode.</summary>
    public byte VendorCode { get; init; }

    /// <summary>Parameter1.</summary>
    public ushort Parameter1 { get; init; }

    /// <summary>Parameter2.</summary>
    public ushort Parameter2 { get; init; }

    /// <summary>Parameter3.</summary>
    public ushort Parameter3 { get; init; }

    /// <summary>Bytes of data that follow, without padding.</summary>
    public int DataSegmentLength { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out AsyncMessage pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.AsyncMessage))
            return false;
        pdu = new AsyncMessage
        {
            Lun = GetUInt64(source, 8),
            StatSn = GetUInt32(source, 24),
            ExpCmdSn = GetUInt32(source, 28),
            MaxCmdSn = GetUInt32(source, 32),
            Event = source[36],
            VendorCode = source[37],
            Parameter1 = GetUInt16(source, 38),
            Parameter2 = GetUInt16(source, 40),
            Parameter3 = GetUInt16(source, 42),
            DataSegmentLength = BasicHeader.DataSegmentLength(source),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        Start(target, Opcode.AsyncMessage, FinalBit, DataSegmentLength, NoTag);
        PutUInt64(target, 8, Lun);
        PutSequence(target, StatSn, ExpCmdSn, MaxCmdSn);
        target[36] = Event;
        target[37] = VendorCode;
        PutUInt16(target, 38, Parameter1);
        PutUInt16(target, 40, Parameter2);
        PutUInt16(target, 42, Parameter3);
    }
}
