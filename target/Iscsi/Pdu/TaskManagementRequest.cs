using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>Task Management Function Request (RFC 7143, 11.5).</summary>
internal readonly record struct TaskManagementRequest
{
    /// <summary>Immediate delivery (RFC 7143, 11.2.1.1).</summary>
    public bool IsImmediate { get; init; }

    /// <summary>Function code, seven bits (RFC 7143, 11.5.1).</summary>
    public byte Function { get; init; }

    /// <summary>The eight LUN bytes.</summary>
    public ulong Lun { get; init; }

    /// <summary>Initiator Task Tag.</summary>
    public uint InitiatorTaskTag { get; init; }

    /// <summary>Referenced Task Tag.</summary>
    public uint ReferencedTaskTag { get; init; }

    /// <summary>CmdSN.</summary>
    public uint CmdSn { get; init; }

    /// <summary>ExpStatSN.</summary>
    public uint ExpStatSn { get; init; }

    /// <summary>RefCmdSN.</summary>
    public uint RefCmdSn { get; init; }

    /// <summary>ExpDataSN.</summary>
    public uint ExpDataSn { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out TaskManagementRequest pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.TaskManagementRequest))
            return false;
        pdu = new TaskManagementRequest
        {
            IsImmediate = BasicHeader.IsImmediate(source),
            Function = (byte)(source[1] & 0x7F),
            Lun = GetUInt64(source, 8),
            InitiatorTaskTag = BasicHeader.InitiatorTaskTag(source),
            ReferencedTaskTag = GetUInt32(source, 20),
            CmdSn = GetUInt32(source, 24),
            ExpStatSn = GetUInt32(source, 28),
            RefCmdSn = GetUInt32(source, 32),
            ExpDataSn = GetUInt32(source, 36),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        Start(target, Opcode.TaskManagementRequest, (byte)(FinalBit | (Function & 0x7F)), 0, InitiatorTaskTag);
        target[0] |= Flag(IsImmediate, ImmediateBit);
        PutUInt64(target, 8, Lun);
        PutUInt32(target, 20, ReferencedTaskTag);
        PutUInt32(target, 24, CmdSn);
        PutUInt32(target, 28, ExpStatSn);
        PutUInt32(target, 32, RefCmdSn);
        PutUInt32(target, 36, ExpDataSn);
    }
}
