namespace Uss.Store;

/// <summary>The units that the whole block layer counts in.</summary>
public static class StoreUnits
{
    /// <summary>Size of a block in bytes: the unit of checksums, versions and allocation.</summary>
    public const int BlockBytes = 4096;

    /// <summary>Blocks of an object.</summary>
    public const int BlocksPerObject = 1024;

    /// <summary>Size of an object in bytes: 4 MiB.</summary>
    public const int ObjectBytes = BlockBytes * BlocksPerObject;

    /// <summary>
    /// Versions are 48-bit numbers: an epoch and a count within it, chosen by the replication layer. 0 means never written.
    /// </summary>
    public const ulong MaximumVersion = (1UL << 48) - 1;

    /// <summary>Snapshot sequence that reads the newest data.</summary>
    public const uint Head = uint.MaxValue;
}
