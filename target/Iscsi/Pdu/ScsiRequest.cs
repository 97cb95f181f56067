using System.Buffers.Binary;
using static Uss.Target.Iscsi.BasicHeader;

namespace Uss.Target.Iscsi;

/// <summary>SCSI Command (RFC 7143, 11.3).</summary>
internal readonly record struct ScsiRequest
{
    /// <summary>Immediate delivery (RFC 7143, 11.2.1.1).</summary>
    public bool IsImmediate { get; init; }

    /// <summary>Final bit.</summary>
    public bool IsFinal { get; init; }

    /// <summary>R: the initiator expects data-in.</summary>
    public bool IsRead { get; init; }

    /// <summary>W: the initiator expects data-out.</summary>
    public bool IsWrite { get; init; }

    /// <summary>Task attribute: 0 untagged, 1 simple, 2 ordered, 3 head of queue, 4 ACA.</summary>
    public byte Attribute { get; init; }

    /// <summary>The eight LUN bytes.</summary>
    public ulong Lun { get; init; }

    /// <summary>Initiator Task Tag.</summary>
    public uint InitiatorTaskTag { get; init; }

    /// <summary>Expected Data Transfer Length in bytes.</summary>
    public uint ExpectedDataTransferLength { get; init; }

    /// <summary>CmdSN.</summary>
    public uint CmdSn { get; init; }

    /// <summary>ExpStatSN.</summary>
    public uint ExpStatSn { get; init; }

    /// <summary>The CDB, its first byte the most significant.</summary>
    public UInt128 Cdb { get; init; }

    /// <summary>Bytes of data that follow, without padding.</summary>
    public int DataSegmentLength { get; init; }

    /// <summary>Reads the header; false when the bytes are too few or of another opcode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out ScsiRequest pdu)
    {
        pdu = default;
        if (!Is(source, Opcode.ScsiCommand))
            return false;
        pdu = new ScsiRequest
        {
            IsImmediate = BasicHeader.IsImmediate(source),
            IsFinal = (source[1] & 0x80) != 0,
            IsRead = (source[1] & 0x40) != 0,
            IsWrite = (source[1] & 0x20) != 0,
            Attribute = (byte)(source[1] & 0x07),
            Lun = GetUInt64(source, 8),
            InitiatorTaskTag = BasicHeader.InitiatorTaskTag(source),
            ExpectedDataTransferLength = GetUInt32(source, 20),
            CmdSn = GetUInt32(source, 24),
            ExpStatSn = GetUInt32(source, 28),
            Cdb = BinaryPrimitives.ReadUInt128BigEndian(source[32..]),
            DataSegmentLength = BasicHeader.DataSegmentLength(source),
        };
        return true;
    }

    /// <summary>Writes the 48 bytes of the header.</summary>
    public void Write(Span<byte> target)
    {
        var flags = Flag(IsFinal, 0x80) | Flag(IsRead, 0x40) | Flag(IsWrite, 0x20) | (Attribute & 0x07);
        Start(target, Opcode.ScsiCommand, (byte)flags, DataSegmentLength, InitiatorTaskTag);
        target[0] |= Flag(IsImmediate, ImmediateBit);
        PutUInt64(target, 8, Lun);
        PutUInt32(target, 20, ExpectedDataTransferLength);
        PutUInt32(target, 24, CmdSn);
        PutUInt32(target, 28, ExpStatSn);
        BinaryPrimitives.WriteUInt128BigEndian(target[32..], Cdb);
    }
}
