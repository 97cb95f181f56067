using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>Login Request (RFC 7143, 11.12).</summary>
internal readonly record struct LoginRequest
{
    /// <summary>T: ready to go to the next stage.</summary>
    public bool IsTransit { get; init; }

    /// <summary>Continue bit: the text goes on in the next PDU.</summary>
    public bool IsContinued { get; init; }

    /// <summary>CSG.</summary>
    public byte CurrentStage { get; init; }

    /// <summary>NSG.</summary>
    public byte NextStage { get; init; }

    /// <summary>Highest version supported.</summary>
    public byte VersionMax { get; init; }

    /// <summary>Lowest version supported.</summary>
    public byte VersionMin { get; init; }

    /// <summary>ISID, 48 bits.</summary>
    public ulong Isid { get; init; }

    /// <summary>TSIH.</summary>
    public ushort Tsih { get; init; }

    /// <summary>Initiator Task Tag.</summary>
    public uint InitiatorTaskTag { get; init; }

    /// <summary>CID.</summary>
    public ushort ConnectionId { get; init; }

    /// <summary>CmdSN.</summary>
    public uint CmdSn { get; init; }

    /// <summary>ExpStatSN.</summary>
    public uint ExpStatSn { get; init; }

    /// <summary>Bytes of data that follow, without padding.</summary>
    public int DataSegmentLength { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out LoginRequest pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.LoginRequest))
            return false;
        pdu = new LoginRequest
        {
            IsTransit = (source[1] & 0x80) != 0,
            IsContinued = (source[1] & 0x40) != 0,
            CurrentStage = (byte)((source[1] >> 2) & 3),
            NextStage = (byte)(source[1] & 3),
            VersionMax = source[2],
            VersionMin = source[3],
            Isid = GetUInt64(source, 8) >> 16,
            Tsih = GetUInt16(source, 14),
            InitiatorTaskTag = BasicHeader.InitiatorTaskTag(source),
            ConnectionId = GetUInt16(source, 20),
            CmdSn = GetUInt32(source, 24),
            ExpStatSn = GetUInt32(source, 28),
            DataSegmentLength = BasicHeader.DataSegmentLength(source),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        var flags = Flag(IsTransit, 0x80) | Flag(IsContinued, 0x40) | (CurrentStage << 2) | NextStage;
        Start(target, Opcode.LoginRequest, (byte)flags, DataSegmentLength, InitiatorTaskTag);
        target[0] |= ImmediateBit;
        target[2] = VersionMax;
        target[3] = VersionMin;
        PutUInt16(target, 8, (ushort)(Isid >> 32));
        PutUInt32(target, 10, (uint)Isid);
        PutUInt16(target, 14, Tsih);
        PutUInt16(target, 20, ConnectionId);
        PutUInt32(target, 24, CmdSn);
        PutUInt32(target, 28, ExpStatSn);
    }
}
