namespace Uss.Placement;

/// <summary>Fixed hash functions: their values are part of the format and never change within one <see cref="Version"/>.</summary>
public static class PlacementHash
{
    /// <summary>Names the function that objects are found by; a pool made with another one cannot be read.</summary>
    /// <remarks>1 took the high bits of the hash; 2 takes the remainder, so that groups can be split.</remarks>
    public const int Version = 2;

    /// <summary>The placement group of an object.</summary>
    /// <remarks>The remainder makes the function stable when groups are split: an object of group g of N is in group g or in
    /// group g + N of 2 N, whatever N is, so each half starts with the data and the disks of the whole.</remarks>
    /// <param name="family">Family that the object belongs to; a volume and all its clones share one.</param>
    /// <param name="objectIndex">Which 4 MiB of the address range.</param>
    /// <param name="groups">Placement groups of the pool.</param>
    public static int GroupOf(ulong family, uint objectIndex, int groups) =>
        (int)(Mix(Mix(family) + objectIndex) % (uint)groups);

    /// <summary>Mixes 64 bits so that each input bit changes each output bit with probability 1/2 (the SplitMix64 finalizer).</summary>
    public static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15UL;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }

    /// <summary>Mixes an identity: the same value on every machine.</summary>
    internal static ulong Mix(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes);
        var low = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var high = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        return Mix(Mix(low) + high);
    }
}
