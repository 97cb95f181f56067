namespace Uss.Runtime.Simulated;

/// <summary>What a simulated world did to the code under test; counted, so that a run can show what it reached.</summary>
public enum FaultKind
{
    /// <summary>A process was killed.</summary>
    ProcessCrash,

    /// <summary>A process was stopped for a while.</summary>
    ProcessFrozen,

    /// <summary>A disk lost power.</summary>
    PowerCut,

    /// <summary>At a power cut an unflushed sector reached the medium all the same.</summary>
    SectorKept,

    /// <summary>At a power cut an unflushed sector was lost.</summary>
    SectorDropped,

    /// <summary>At a power cut an unflushed sector became a mix of its old and new bytes.</summary>
    SectorTorn,

    /// <summary>At a power cut an older unflushed write of a sector won over a newer one.</summary>
    SectorReordered,

    /// <summary>A write in flight at a crash or power cut left nothing.</summary>
    InFlightWriteLost,

    /// <summary>A write in flight at a crash or power cut reached the disk in part.</summary>
    InFlightWritePartial,

    /// <summary>A write in flight at a crash or power cut reached the disk whole.</summary>
    InFlightWriteKept,

    /// <summary>A read failed with EIO.</summary>
    ReadError,

    /// <summary>A write failed with EIO.</summary>
    WriteError,

    /// <summary>A flush failed; some of what it was to make durable never will be.</summary>
    FlushError,

    /// <summary>A write failed with ENOSPC.</summary>
    NoSpace,

    /// <summary>Stored bits were flipped.</summary>
    BitRot,

    /// <summary>A write went to another place.</summary>
    MisdirectedWrite,

    /// <summary>A write was acknowledged and never done.</summary>
    LostWrite,

    /// <summary>A read returned what was there before the newest write.</summary>
    StaleRead,

    /// <summary>A read returned flipped bits of sound data.</summary>
    ReadCorruption,

    /// <summary>A sector became unreadable.</summary>
    LatentSectorError,

    /// <summary>An operation took far longer than usual.</summary>
    LatencyTail,

    /// <summary>A disk changed its size.</summary>
    SizeChange,

    /// <summary>A connection was reset.</summary>
    ConnectionReset,

    /// <summary>A connection attempt was refused.</summary>
    ConnectionRefused,

    /// <summary>Bytes were held back by a blocked link.</summary>
    LinkBlocked,

    /// <summary>A connection timed out.</summary>
    ConnectionTimeout,

    /// <summary>A datagram was lost.</summary>
    DatagramLost,

    /// <summary>A datagram arrived twice.</summary>
    DatagramDuplicated,
}
