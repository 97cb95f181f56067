using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>NOP-Out (RFC 7143, 11.18).</summary>
internal readonly record struct NopOut
{
    /// <summary>Immediate delivery (RFC 7143, 11.2.1.1).</summary>
    public bool IsImmediate { get; init; }

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
    public static bool TryParse(ReadOnlySpan<byte> source, out NopOut pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.NopOut))
            return false;
        pdu = new NopOut
        {
            IsImmediate = BasicHeader.IsImmediate(source),
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
        Start(target, Opcode.NopOut, FinalBit, DataSegmentLength, InitiatorTaskTag);
        target[0] |= Flag(IsImmediate, ImmediateBit);
        PutUInt64(target, 8, Lun);
        PutUInt32(target, 20, TargetTransferTag);
        PutUInt32(target, 24, CmdSn);
        PutUInt32(target, 28, ExpStatSn);
    }
}
