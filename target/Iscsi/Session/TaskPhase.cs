namespace Uss.Target.Iscsi;

/// <summary>Where a task stands.</summary>
internal enum TaskPhase : byte
{
    /// <summary>In the pool.</summary>
    Free,

    /// <summary>Its command or data-out is on the way.</summary>
    Receiving,

    /// <summary>Waits for data buffers.</summary>
    Waiting,

    /// <summary>Has all its data and waits for other tasks to end, by its attribute or theirs (SAM-5, 8.6).</summary>
    Dormant,

    /// <summary>With the SCSI device.</summary>
    Running,

    /// <summary>Its data and status are on the way to the initiator.</summary>
    Responding,

    /// <summary>Ended without an answer; returns to the pool once nobody uses it.</summary>
    Dropped,
}

/// <summary>What went wrong with a command's data-out: conditions of RFC 7143, 11.4.7.2, all ABORTED COMMAND.</summary>
internal enum DataOutFailure : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Unexpected unsolicited data.</summary>
    UnexpectedUnsolicitedData,

    /// <summary>Incorrect amount of data.</summary>
    IncorrectAmount,

    /// <summary>Protocol service CRC error: data were lost or out of order.</summary>
    DataLost,

    /// <summary>The transfer is longer than any that is offered (ILLEGAL REQUEST).</summary>
    TooLong,

    /// <summary>Data in both directions (ILLEGAL REQUEST).</summary>
    Bidirectional,
}
