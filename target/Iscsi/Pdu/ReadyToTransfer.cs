using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>Ready To Transfer (RFC 7143, 11.8).</summary>
internal readonly record struct ReadyToTransfer
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

    /// <summary>R2TSN.</summary>
    public uint R2TSn { get; init; }

    /// <summary>Offset of the data asked for, bytes.</summary>
    public uint BufferOffset { get; init; }

    /// <summary>Bytes asked for.</summary>
    public uint DesiredDataTransferLength { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out ReadyToTransfer pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.ReadyToTransfer))
            return false;
        pdu = new ReadyToTransfer
        {
            Lun = GetUInt64(source, 8),
            InitiatorTaskTag = BasicHeader.InitiatorTaskTag(source),
            TargetTransferTag = GetUInt32(source, 20),
            StatSn = GetUInt32(source, 24),
            ExpCmdSn = GetUInt32(source, 28),
            MaxCmdSn = GetUInt32(source, 32),
            R2TSn = GetUInt32(source, 36),
            BufferOffset = GetUInt32(source, 40),
            DesiredDataTransferLength = GetUInt32(source, 44),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        Start(target, Opcode.ReadyToTransfer, FinalBit, 0, InitiatorTaskTag);
        PutUInt64(target, 8, Lun);
        PutUInt32(target, 20, TargetTransferTag);
        PutSequence(target, StatSn, ExpCmdSn, MaxCmdSn);
        PutUInt32(target, 36, R2TSn);
        PutUInt32(target, 40, BufferOffset);
        PutUInt32(target, 44, DesiredDataTransferLength);
    }
}
