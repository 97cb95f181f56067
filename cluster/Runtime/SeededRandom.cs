using System.Numerics;
using System.Runtime.InteropServices;

namespace Uss.Runtime;

/// <summary>Deterministic random numbers: xoshiro256** (Blackman and Vigna, 2018), seeded by SplitMix64.</summary>
public sealed class SeededRandom
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <summary>Creates a generator; the same seed gives the same sequence on every machine.</summary>
    public SeededRandom(ulong seed)
    {
        _a = SplitMix64(ref seed);
        _b = SplitMix64(ref seed);
        _c = SplitMix64(ref seed);
        _d = SplitMix64(ref seed);
    }

    /// <summary>An independent generator for a named purpose, so that one stream's use does not shift another's.</summary>
    public static SeededRandom Stream(ulong seed, string name)
    {
        // FNV-1a: stable across runs, unlike string.GetHashCode.
        var hash = 14695981039346656037UL;
        foreach (var c in name)
            hash = (hash ^ c) * 1099511628211UL;
        return new SeededRandom(seed ^ hash);
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>A number from 0 to <paramref name="exclusiveMaximum"/> - 1.</summary>
    public long Next(long exclusiveMaximum)
    {
        Invariant.Check(exclusiveMaximum > 0);
        return (long)Math.BigMul(NextUInt64(), (ulong)exclusiveMaximum, out _);
    }

    /// <summary>A number from 0 to <paramref name="exclusiveMaximum"/> - 1.</summary>
    public int Next(int exclusiveMaximum) => (int)Next((long)exclusiveMaximum);

    /// <summary>A number from 0 (included) to 1 (excluded).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True with the given probability.</summary>
    public bool Chance(double probability) => NextDouble() < probability;

    /// <summary>Fills with random bytes.</summary>
    public void Fill(Span<byte> destination)
    {
        while (destination.Length >= 8)
        {
            MemoryMarshal.Write(destination, NextUInt64());
            destination = destination[8..];
        }

        var last = NextUInt64();
        foreach (ref var b in destination)
        {
            b = (byte)last;
            last >>= 8;
        }
    }

    private static ulong SplitMix64(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15UL;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
