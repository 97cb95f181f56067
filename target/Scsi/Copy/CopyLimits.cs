namespace Uss.Target.Scsi.Copy;

/// <summary>What EXTENDED COPY takes at most, as RECEIVE COPY OPERATING PARAMETERS and the Third-Party Copy VPD page tell.</summary>
internal static class CopyLimits
{
    /// <summary>Copy source and destination (CSCD) descriptors of a command.</summary>
    public const ushort Devices = 8;

    /// <summary>Segment descriptors of a command.</summary>
    public const ushort Segments = 64;

    /// <summary>Length of both lists in bytes: room for all that is allowed.</summary>
    public const int ListBytes = Devices * CopyDevice.Length + Segments * CopySegment.Length;

    /// <summary>Length of one segment in bytes: what its 16-bit number of blocks can say.</summary>
    public const uint SegmentBytes = ushort.MaxValue * (uint)LogicalUnit.BlockBytes;

    /// <summary>Copies at a time, over all logical units: bounded by the sessions' command windows alone.</summary>
    public const ushort ConcurrentCopies = 256;
}
