using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>SNACK Request (RFC 7143, 11.16).</summary>
internal readonly record struct SnackRequest
{
    /// <summary>Type, four bits.</summary>
    public byte Type { get; init; }

    /// <summary>The eight LUN bytes.</summary>
    public ulong Lun { get; init; }

    /// <summary>Initiator Task Tag.</summary>
    public uint InitiatorTaskTag { get; init; }

    /// <summary>Target Transfer Tag.</summary>
    public uint TargetTransferTag { get; init; }

    /// <summary>ExpStatSN.</summary>
    public uint ExpStatSn { get; init; }

    /// <summary>First missing number.</summary>
    public uint BegRun { get; init; }

    /// <summary>How many are missing; 0 all.</summary>
    public uint RunLength { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out SnackRequest pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.SnackRequest))
            return false;
        pdu = new SnackRequest
        {
            Type = (byte)(source[1] & 0x0F),
            Lun = GetUInt64(source, 8),
            InitiatorTaskTag = BasicHeader.InitiatorTaskTag(source),
            TargetTransferTag = GetUInt32(source, 20),
            ExpStatSn = GetUInt32(source, 28),
            BegRun = GetUInt32(source, 40),
            RunLength = GetUInt32(source, 44),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        Start(target, Opcode.SnackRequest, (byte)(FinalBit | (Type & 0x0F)), 0, InitiatorTaskTag);
        PutUInt64(target, 8, Lun);
        PutUInt32(target, 20, TargetTransferTag);
        PutUInt32(target, 28, ExpStatSn);
        PutUInt32(target, 40, BegRun);
        PutUInt32(target, 44, RunLength);
    }
}
