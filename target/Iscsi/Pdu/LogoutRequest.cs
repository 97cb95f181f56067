using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>Logout Request (RFC 7143, 11.14).</summary>
internal readonly record struct LogoutRequest
{
    /// <summary>Immediate delivery (RFC 7143, 11.2.1.1).</summary>
    public bool IsImmediate { get; init; }

    /// <summary>Reason code, seven bits: 0 close session, 1 close connection, 2 recovery.</summary>
    public byte Reason { get; init; }

    /// <summary>Initiator Task Tag.</summary>
    public uint InitiatorTaskTag { get; init; }

    /// <summary>CID.</summary>
    public ushort ConnectionId { get; init; }

    /// <summary>CmdSN.</summary>
    public uint CmdSn { get; init; }

    /// <summary>ExpStatSN.</summary>
    public uint ExpStatSn { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out LogoutRequest pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.LogoutRequest))
            return false;
        pdu = new LogoutRequest
        {
            IsImmediate = BasicHeader.IsImmediate(source),
            Reason = (byte)(source[1] & 0x7F),
            InitiatorTaskTag = BasicHeader.InitiatorTaskTag(source),
            ConnectionId = GetUInt16(source, 20),
            CmdSn = GetUInt32(source, 24),
            ExpStatSn = GetUInt32(source, 28),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        Start(target, Opcode.LogoutRequest, (byte)(FinalBit | (Reason & 0x7F)), 0, InitiatorTaskTag);
        target[0] |= Flag(IsImmediate, ImmediateBit);
        PutUInt16(target, 20, ConnectionId);
        PutUInt32(target, 24, CmdSn);
        PutUInt32(target, 28, ExpStatSn);
    }
}
