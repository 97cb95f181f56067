using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>Task Management Function Response (RFC 7143, 11.6).</summary>
internal readonly record struct TaskManagementResponse
{
    /// <summary>Response code (RFC 7143, 11.6.1).</summary>
    public byte Response { get; init; }

    /// <summary>Initiator Task Tag.</summary>
    public uint InitiatorTaskTag { get; init; }

    /// <summary>StatSN.</summary>
    public uint StatSn { get; init; }

    /// <summary>ExpCmdSN.</summary>
    public uint ExpCmdSn { get; init; }

    /// <summary>MaxCmdSN.</summary>
    public uint MaxCmdSn { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out TaskManagementResponse pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.TaskManagementResponse))
            return false;
        pdu = new TaskManagementResponse
        {
            Response = source[2],
            InitiatorTaskTag = BasicHeader.InitiatorTaskTag(source),
            StatSn = GetUInt32(source, 24),
            ExpCmdSn = GetUInt32(source, 28),
            MaxCmdSn = GetUInt32(source, 32),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        Start(target, Opcode.TaskManagementResponse, FinalBit, 0, InitiatorTaskTag);
        target[2] = Response;
        PutSequence(target, StatSn, ExpCmdSn, MaxCmdSn);
    }
}
