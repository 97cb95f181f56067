using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>NOP-In (RFC 7143, 11.19).</summary>
internal readonly record struct NopIn
{
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

    /// <summary>Bytes of data that follow, without padding.</summary>
    public int DataSegmentLength { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out NopIn pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.NopIn))
            return false;
        pdu = new NopIn
        {
            Lun = GetUInt64(source, 8),
            InitiatorTaskTag = BasicHeader.InitiatorTaskTag(source),
            TargetTransferTag = GetUInt32(source, 20),
            StatSn = GetUInt32(source, 24),
            ExpCmdSn = GetUInt32(source, 28),
            MaxCmdSn = GetUInt32(source, 32),
            DataSegmentLength = BasicHeader.DataSegmentLength(source),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        Start(target, Opcode.NopIn, FinalBit, DataSegmentLength, InitiatorTaskTag);
        PutUInt64(target, 8, Lun);
        PutUInt32(target, 20, TargetTransferTag);
        PutSequence(target, StatSn, ExpCmdSn, MaxCmdSn);
    }
}
