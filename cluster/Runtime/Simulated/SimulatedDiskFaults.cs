namespace Uss.Runtime.Simulated;

/// <summary>What goes wrong on a simulated disk, by chance. A scenario changes it as it goes; the default is a perfect disk.</summary>
public sealed class SimulatedDiskFaults
{
    /// <summary>Where the faults below may strike, given an operation's offset and length in bytes; null: everywhere.</summary>
    public Func<long, long, bool>? AppliesTo { get; set; }

    /// <summary>Chance that a read fails with EIO once.</summary>
    public double ReadError { get; set; }

    /// <summary>Chance that a read fails with EIO and its first sector stays unreadable until it is written again.</summary>
    public double LatentSectorError { get; set; }

    /// <summary>Chance that a read returns flipped bits while the medium is sound.</summary>
    public double ReadCorruption { get; set; }

    /// <summary>Chance that a read returns, for unflushed pages, what is on the medium.</summary>
    public double StaleRead { get; set; }

    /// <summary>Chance that a write fails with EIO; any of its sectors may have been written.</summary>
    public double WriteError { get; set; }

    /// <summary>Chance that a write is acknowledged and never done.</summary>
    public double LostWrite { get; set; }

    /// <summary>Chance that a write is acknowledged and done at another place that <see cref="AppliesTo"/> admits.</summary>
    public double MisdirectedWrite { get; set; }

    /// <summary>Chance that a flush fails with EIO. Part of what it was to make durable never will be, whatever later flushes say.</summary>
    public double FlushError { get; set; }

    /// <summary>Longest extra time of every operation, in nanoseconds.</summary>
    public long MaximumDelayNs { get; set; }

    /// <summary>Bytes that the host's file system can still allocate; a write to an unallocated page beyond it gives ENOSPC.</summary>
    public long HostFreeBytes { get; set; } = long.MaxValue;

    /// <summary>Ends all faults by chance and gives the host file system its space back.</summary>
    public void Clear()
    {
        AppliesTo = null;
        ReadError = LatentSectorError = ReadCorruption = StaleRead = 0;
        WriteError = LostWrite = MisdirectedWrite = FlushError = 0;
        HostFreeBytes = long.MaxValue;
        MaximumDelayNs = 0;
    }

    internal bool Strikes(long offset, long length) => AppliesTo is null || AppliesTo(offset, length);
}
