using Uss.Runtime;

namespace Uss.Store;

/// <summary>A sealed batch between its log write and its commit. Pooled.</summary>
internal sealed class LogBatch(PageBuffer buffer)
{
    /// <summary>The bytes as they go to the log.</summary>
    public PageBuffer Buffer { get; } = buffer;

    /// <summary>Its number.</summary>
    public ulong Lsn { get; set; }

    /// <summary>The barrier that its header states.</summary>
    public ulong Barrier { get; set; }

    /// <summary>Whole pages.</summary>
    public int LengthBytes { get; set; }

    /// <summary>Where it starts, in bytes since the ring was first used.</summary>
    public long Position { get; set; }

    /// <summary>Checksum of its header, which the next one chains to.</summary>
    public uint HeaderChecksum { get; set; }

    /// <summary>Its records' changes, in order.</summary>
    public List<StoreChange> Members { get; } = new(64);

    /// <summary>Members whose data is on its way to the disk.</summary>
    public int PendingData { get; set; }

    /// <summary>True once it is in the log (not necessarily durable).</summary>
    public bool IsWritten { get; set; }

    /// <summary>True when only a flush is missing.</summary>
    public bool IsReady => IsWritten && PendingData == 0;
}
