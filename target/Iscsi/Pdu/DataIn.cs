using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>SCSI Data-In (RFC 7143, 11.7).</summary>
internal readonly record struct DataIn
{
    /// <summary>Final bit.</summary>
    public bool IsFinal { get; init; }

    /// <summary>A: acknowledge.</summary>
    public bool IsAcknowledgeRequested { get; init; }

    /// <summary>O: residual overflow (with S).</summary>
    public bool IsOverflow { get; init; }

    /// <summary>U: residual underflow (with S).</summary>
    public bool IsUnderflow { get; init; }

    /// <summary>S: carries the command's status.</summary>
    public bool HasStatus { get; init; }

    /// <summary>SCSI status (with S).</summary>
    public byte Status { get; init; }

    /// <summary>The eight LUN bytes.</summary>
    public ulong Lun { get; init; }

    /// <summary>Initiator Task Tag.</summary>
    public uint InitiatorTaskTag { get; init; }

    /// <summary>Target Transfer Tag.</summary>
    public uint TargetTransferTag { get; init; }

    /// <summary>StatSN.</summary>
    public uint StatSn { get; init; }

    /// <summary>ExpCmdSN.</summary>
    public uint ExpCmdSn { get; init; }

    /// <summary>MaxCmdSN.</summary>
    public uint MaxCmdSn { get; init; }

    /// <summary>DataSN.</summary>
    public uint DataSn { get; init; }

    /// <summary>Offset of the data in the whole transfer, bytes.</summary>
    public uint BufferOffset { get; init; }

    /// <summary>Residual count in bytes (with S).</summary>
    public uint Residual { get; init; }

    /// <summary>Bytes of data that follow, without padding.</summary>
    public int DataSegmentLength { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out DataIn pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.DataIn))
            return false;
        pdu = new DataIn
        {
            IsFinal = (source[1] & 0x80) != 0,
            IsAcknowledgeRequested = (source[1] & 0x40) != 0,
            IsOverflow = (source[1] & 0x04) != 0,
            IsUnderflow = (source[1] & 0x02) != 0,
            HasStatus = (source[1] & 0x01) != 0,
            Status = source[3],
            Lun = GetUInt64(source, 8),
            InitiatorTaskTag = BasicHeader.InitiatorTaskTag(source),
            TargetTransferTag = GetUInt32(source, 20),
            StatSn = GetUInt32(source, 24),
            ExpCmdSn = GetUInt32(source, 28),
            MaxCmdSn = GetUInt32(source, 32),
            DataSn = GetUInt32(source, 36),
            BufferOffset = GetUInt32(source, 40),
            Residual = GetUInt32(source, 44),
            DataSegmentLength = BasicHeader.DataSegmentLength(source),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        var flags = Flag(IsFinal, 0x80) | Flag(IsAcknowledgeRequested, 0x40) | Flag(IsOverflow, 0x04) | Flag(IsUnderflow, 0x02)
            | Flag(HasStatus, 0x01);
        Start(target, Opcode.DataIn, (byte)flags, DataSegmentLength, InitiatorTaskTag);
        target[3] = Status;
        PutUInt64(target, 8, Lun);
        PutUInt32(target, 20, TargetTransferTag);
        PutSequence(target, StatSn, ExpCmdSn, MaxCmdSn);
        PutUInt32(target, 36, DataSn);
        PutUInt32(target, 40, BufferOffset);
        PutUInt32(target, 44, Residual);
    }
}
