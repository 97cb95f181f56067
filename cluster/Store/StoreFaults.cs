namespace Uss.Store;

/// <summary>Bugs that a test plants on purpose to see that it finds them. None in any real run.</summary>
[Flags]
internal enum StoreFaults
{
    /// <summary>No planted bug.</summary>
    None = 0,

    /// <summary>Acknowledges a commit without flushing the device.</summary>
    AcknowledgeWithoutFlush = 1,

    /// <summary>Reuses a freed block at once: reads may be looking at it, and the log may not know yet.</summary>
    FreeEarly = 2,

    /// <summary>Believes unproven records at recovery without reading their data.</summary>
    BelieveUnprovenRecords = 4,

    /// <summary>Returns blocks without verifying their checksum.</summary>
    SkipReadChecksum = 8,

    /// <summary>Forgets the records that a recovery has dropped.</summary>
    ForgetDroppedRecords = 16,

    /// <summary>Moves the tail of the log before the checkpoint's superblock is durable.</summary>
    TrimLogEarly = 32,

    /// <summary>Frees the pages of replaced map images before the checkpoint is durable.</summary>
    FreeImagesEarly = 64,

    /// <summary>Writes a checkpoint's superblock before what it refers to is flushed.</summary>
    SuperblockBeforeFlush = 128,

    /// <summary>Loses the last record of a log batch of several at recovery.</summary>
    LoseLogRecord = 256,
}
