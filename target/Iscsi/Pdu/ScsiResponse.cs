using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>SCSI Response (RFC 7143, 11.4).</summary>
internal readonly record struct ScsiResponse
{
    /// <summary>o: bidirectional read residual overflow.</summary>
    public bool IsBidirectionalReadOverflow { get; init; }

    /// <summary>u: bidirectional read residual underflow.</summary>
    public bool IsBidirectionalReadUnderflow { get; init; }

    /// <summary>O: residual overflow.</summary>
    public bool IsOverflow { get; init; }

    /// <summary>U: residual underflow.</summary>
    public bool IsUnderflow { get; init; }

    /// <summary>Response code: 0 completed at target, 1 target failure.</summary>
    public byte Response { get; init; }

    /// <summary>SCSI status.</summary>
    public byte Status { get; init; }

    /// <summary>Initiator Task Tag.</summary>
    public uint InitiatorTaskTag { get; init; }

    /// <summary>SNACK tag.</summary>
    public uint SnackTag { get; init; }

    /// <summary>StatSN.</summary>
    public uint StatSn { get; init; }

    /// <summary>ExpCmdSN.</summary>
    public uint ExpCmdSn { get; init; }

    /// <summary>MaxCmdSN.</summary>
    public uint MaxCmdSn { get; init; }

    /// <summary>R2T and Data-In PDUs sent for the command.</summary>
    public uint ExpDataSn { get; init; }

    /// <summary>Bidirectional read residual count in bytes.</summary>
    public uint BidirectionalReadResidual { get; init; }

    /// <summary>Residual count in bytes.</summary>
    public uint Residual { get; init; }

    /// <summary>Bytes of data that follow, without padding.</summary>
    public int DataSegmentLength { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out ScsiResponse pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.ScsiResponse))
            return false;
        pdu = new ScsiResponse
        {
            IsBidirectionalReadOverflow = (source[1] & 0x10) != 0,
            IsBidirectionalReadUnderflow = (source[1] & 0x08) != 0,
            IsOverflow = (source[1] & 0x04) != 0,
            IsUnderflow = (source[1] & 0x02) != 0,
            Response = source[2],
            Status = source[3],
            InitiatorTaskTag = BasicHeader.InitiatorTaskTag(source),
            SnackTag = GetUInt32(source, 20),
            StatSn = GetUInt32(source, 24),
            ExpCmdSn = GetUInt32(source, 28),
            MaxCmdSn = GetUInt32(source, 32),
            ExpDataSn = GetUInt32(source, 36),
            BidirectionalReadResidual = GetUInt32(source, 40),
            Residual = GetUInt32(source, 44),
            DataSegmentLength = BasicHeader.DataSegmentLength(source),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        var flags = FinalBit | Flag(IsBidirectionalReadOverflow, 0x10) | Flag(IsBidirectionalReadUnderflow, 0x08)
            | Flag(IsOverflow, 0x04) | Flag(IsUnderflow, 0x02);
        Start(target, Opcode.ScsiResponse, (byte)flags, DataSegmentLength, InitiatorTaskTag);
        target[2] = Response;
        target[3] = Status;
        PutUInt32(target, 20, SnackTag);
        PutSequence(target, StatSn, ExpCmdSn, MaxCmdSn);
        PutUInt32(target, 36, ExpDataSn);
        PutUInt32(target, 40, BidirectionalReadResidual);
        PutUInt32(target, 44, Residual);
    }
}
