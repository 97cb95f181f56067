using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>Logout Response (RFC 7143, 11.15).</summary>
internal readonly record struct LogoutResponse
{
    /// <summary>Response: 0 closed, 1 CID not found, 2 recovery not supported, 3 cleanup failed.</summary>
    public byte Response { get; init; }

    /// <summary>Initiator Task Tag.</summary>
    public uint InitiatorTaskTag { get; init; }

    /// <summary>StatSN.</summary>
    public uint StatSn { get; init; }

    /// <summary>ExpCmdSN.</summary>
    public uint ExpCmdSn { get; init; }

    /// <summary>MaxCmdSN.</summary>
    public uint MaxCmdSn { get; init; }

    /// <summary>Seconds to wait before a new login.</summary>
    public ushort Time2Wait { get; init; }

    /// <summary>Seconds that state is kept.</summary>
    public ushort Time2Retain { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out LogoutResponse pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.LogoutResponse))
            return false;
        pdu = new LogoutResponse
        {
            Response = source[2],
            InitiatorTaskTag = BasicHeader.InitiatorTaskTag(source),
            StatSn = GetUInt32(source, 24),
            ExpCmdSn = GetUInt32(source, 28),
            MaxCmdSn = GetUInt32(source, 32),
            Time2Wait = GetUInt16(source, 40),
            Time2Retain = GetUInt16(source, 42),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        Start(target, Opcode.LogoutResponse, FinalBit, 0, InitiatorTaskTag);
        target[2] = Response;
        PutSequence(target, StatSn, ExpCmdSn, MaxCmdSn);
        PutUInt16(target, 40, Time2Wait);
        PutUInt16(target, 42, Time2Retain);
    }
}
