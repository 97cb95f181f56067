using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

/// <summary>
/// A 48-bit version of a block: the epoch of its placement group in the upper 24 bits, a count within the epoch in the
/// lower 24. The epoch is raised by a committed change before any version of it is given, so no version repeats.
/// </summary>
/// <remarks>
/// 16 million epochs of 16 million writes: a group that takes 50,000 writes a second needs a new epoch every 5 minutes
/// and has epochs for 178 years; one that loses and regains a disk every second has epochs for half a year of that.
/// </remarks>
public static class BlockVersion
{
    /// <summary>Largest epoch.</summary>
    public const uint MaximumEpoch = (1 << 24) - 1;

    /// <summary>Largest count within an epoch.</summary>
    public const uint MaximumCount = (1 << 24) - 1;

    /// <summary>Packs a version.</summary>
    public static ulong Compose(uint epoch, uint count)
    {
        Invariant.Check(epoch <= MaximumEpoch && count <= MaximumCount);
        return ((ulong)epoch << 24) | count;
    }

    /// <summary>The epoch of a version.</summary>
    public static uint EpochOf(ulong version)
    {
        Invariant.Check(version <= StoreUnits.MaximumVersion);
        return (uint)(version >> 24);
    }

    /// <summary>The count of a version within its epoch.</summary>
    public static uint CountOf(ulong version) => (uint)version & MaximumCount;
}
