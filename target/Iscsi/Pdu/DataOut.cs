using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>SCSI Data-Out (RFC 7143, 11.7).</summary>
internal readonly record struct DataOut
{
    /// <summary>Final bit.</summary>
    public bool IsFinal { get; init; }

    /// <summary>The eight LUN bytes.</summary>
    public ulong Lun { get; init; }

    /// <summary>Initiator Task Tag.</summary>
    public uint InitiatorTaskTag { get; init; }

    /// <summary>Target Transfer Tag.</summary>
    public uint TargetTransferTag { get; init; }

    /// <summary>ExpStatSN.</summary>
    public uint ExpStatSn { get; init; }

    /// <summary>DataSN.</summary>
    public uint DataSn { get; init; }

    /// <summary>Offset of the data in the whole transfer, bytes.</summary>
    public uint BufferOffset { get; init; }

    /// <summary>Bytes of data that follow, without padding.</summary>
    public int DataSegmentLength { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out DataOut pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.DataOut))
            return false;
        pdu = new DataOut
        {
            IsFinal = (source[1] & 0x80) != 0,
            Lun = GetUInt64(source, 8),
            InitiatorTaskTag = BasicHeader.InitiatorTaskTag(source),
            TargetTransferTag = GetUInt32(source, 20),
            ExpStatSn = GetUInt32(source, 28),
            DataSn = GetUInt32(source, 36),
            BufferOffset = GetUInt32(source, 40),
            DataSegmentLength = BasicHeader.DataSegmentLength(source),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        Start(target, Opcode.DataOut, Flag(IsFinal, 0x80), DataSegmentLength, InitiatorTaskTag);
        PutUInt64(target, 8, Lun);
        PutUInt32(target, 20, TargetTransferTag);
        PutUInt32(target, 28, ExpStatSn);
        PutUInt32(target, 36, DataSn);
        PutUInt32(target, 40, BufferOffset);
    }
}
