namespace Uss.Target.Iscsi;

/// <summary>Outcome of the operational negotiation; starts with the defaults (RFC 7143, chapter 13).</summary>
internal sealed record OperationalParameters
{
    /// <summary>Header digests are CRC-32C (13.1).</summary>
    public bool HeaderDigest { get; set; }

    /// <summary>Data digests are CRC-32C (13.1).</summary>
    public bool DataDigest { get; set; }

    /// <summary>Unsolicited Data-Out PDUs are not allowed (13.10).</summary>
    public bool InitialR2T { get; set; } = true;

    /// <summary>Data may follow in the SCSI Command PDU (13.11).</summary>
    public bool ImmediateData { get; set; } = true;

    /// <summary>Longest data segment that the initiator receives, bytes (13.12).</summary>
    public int InitiatorMaxRecvDataSegmentLength { get; set; } = 8192;

    /// <summary>Longest sequence of Data-In or solicited Data-Out, bytes (13.13).</summary>
    public int MaxBurstLength { get; set; } = 262144;

    /// <summary>Most unsolicited data of a command, bytes (13.14); at most <see cref="MaxBurstLength"/>.</summary>
    public int FirstBurstLength { get; set; } = 65536;

    /// <summary>Most outstanding R2Ts of a task (13.17).</summary>
    public int MaxOutstandingR2T { get; set; } = 1;

    /// <summary>Seconds (13.15).</summary>
    public int DefaultTime2Wait { get; set; } = 2;

    /// <summary>Unsolicited bytes that may be outstanding: <see cref="FirstBurstLength"/>, never above a burst.</summary>
    public int UnsolicitedLimit => Math.Min(FirstBurstLength, MaxBurstLength);
}
