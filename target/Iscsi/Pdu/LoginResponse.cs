using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>Login Response (RFC 7143, 11.13).</summary>
internal readonly record struct LoginResponse
{
    /// <summary>T: goes to the next stage.</summary>
    public bool IsTransit { get; init; }

    /// <summary>Continue bit: the text goes on in the next PDU.</summary>
    public bool IsContinued { get; init; }

    /// <summary>CSG.</summary>
    public byte CurrentStage { get; init; }

    /// <summary>NSG.</summary>
    public byte NextStage { get; init; }

    /// <summary>Highest version supported.</summary>
    public byte VersionMax { get; init; }

    /// <summary>Version in use.</summary>
    public byte VersionActive { get; init; }

    /// <summary>ISID, 48 bits.</summary>
    public ulong Isid { get; init; }

    /// <summary>TSIH.</summary>
    public ushort Tsih { get; init; }

    /// <summary>Initiator Task Tag.</summary>
    public uint InitiatorTaskTag { get; init; }

    /// <summary>StatSN.</summary>
    public uint StatSn { get; init; }

    /// <summary>ExpCmdSN.</summary>
    public uint ExpCmdSn { get; init; }

    /// <summary>MaxCmdSN.</summary>
    public uint MaxCmdSn { get; init; }

    /// <summary>Status class.</summary>
    public byte StatusClass { get; init; }

    /// <summary>Status detail.</summary>
    public byte StatusDetail { get; init; }

    /// <summary>Bytes of data that follow, without padding.</summary>
    public int DataSegmentLength { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out LoginResponse pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.LoginResponse))
            return false;
        pdu = new LoginResponse
        {
            IsTransit = (source[1] & 0x80) != 0,
            IsContinued = (source[1] & 0x40) != 0,
            CurrentStage = (byte)((source[1] >> 2) & 3),
            NextStage = (byte)(source[1] & 3),
            VersionMax = source[2],
            VersionActive = source[3],
            Isid = GetUInt64(source, 8) >> 16,
            Tsih = GetUInt16(source, 14),
            InitiatorTaskTag = BasicHeader.InitiatorTaskTag(source),
            StatSn = GetUInt32(source, 24),
            ExpCmdSn = GetUInt32(source, 28),
            MaxCmdSn = GetUInt32(source, 32),
            StatusClass = source[36],
            StatusDetail = source[37],
            DataSegmentLength = BasicHeader.DataSegmentLength(source),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        var flags = Flag(IsTransit, 0x80) | Flag(IsContinued, 0x40) | (CurrentStage << 2) | NextStage;
        Start(target, Opcode.LoginResponse, (byte)flags, DataSegmentLength, InitiatorTaskTag);
        target[2] = VersionMax;
        target[3] = VersionActive;
        PutUInt16(target, 8, (ushort)(Isid >> 32));
        PutUInt32(target, 10, (uint)Isid);
        PutUInt16(target, 14, Tsih);
        PutSequence(target, StatSn, ExpCmdSn, MaxCmdSn);
        target[36] = StatusClass;
        target[37] = StatusDetail;
    }
}
