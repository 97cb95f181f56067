namespace Uss.Placement;

/// <summary>Fixed hash functions: their values are part of the format and never change.</summary>
public static class PlacementHash
{
    /// <summary>The placement group of an object.</summary>
    /// <param name="family">Family that the object belongs to; a volume and all its clones share one.</param>
    /// <param name="objectIndex">Which 4 MiB of the address range.</param>
    /// <param name="groups">Placement groups of the pool.</param>
    public static int GroupOf(ulong family, uint objectIndex, int groups) =>
        (int)Math.BigMul(Mix(Mix(family) + objectIndex), (ulong)groups, out _);

    /// <summary>Mixes 64 bits so that each input bit changes each output bit with probability 1/2 (the SplitMix64 finalizer).</summary>
    public static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15UL;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
