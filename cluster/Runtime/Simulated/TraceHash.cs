using System.Numerics;
using System.Runtime.InteropServices;

namespace Uss.Runtime.Simulated;

/// <summary>
/// A running 64-bit hash over everything that happens in a world. Two runs of one seed that differ anywhere end with
/// different values, so that a test finds any source of chance outside the seed. Not cryptographic.
/// </summary>
public struct TraceHash
{
    private const ulong Multiplier = 0x9E3779B97F4A7C15UL;

    /// <summary>The hash so far.</summary>
    public ulong Value { get; private set; }

    /// <summary>Folds in a number.</summary>
    public void Add(ulong value) => Value = BitOperations.RotateLeft((Value ^ value) * Multiplier, 29);

    /// <summary>Folds in a number.</summary>
    public void Add(long value) => Add((ulong)value);

    /// <summary>Folds in bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        // Four lanes, so that the multiplications of a page do not wait for one another.
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        ulong a = 1, b = 2, c = 3, d = 4;
        var i = 0;
        for (; i + 4 <= words.Length; i += 4)
        {
            a = BitOperations.RotateLeft((a ^ words[i]) * Multiplier, 29);
            b = BitOperations.RotateLeft((b ^ words[i + 1]) * Multiplier, 29);
            c = BitOperations.RotateLeft((c ^ words[i + 2]) * Multiplier, 29);
            d = BitOperations.RotateLeft((d ^ words[i + 3]) * Multiplier, 29);
        }

        for (; i < words.Length; i++)
            a = BitOperations.RotateLeft((a ^ words[i]) * Multiplier, 29);
        foreach (var last in bytes[(words.Length * 8)..])
            b = BitOperations.RotateLeft((b ^ last) * Multiplier, 29);
        Add(a);
        Add(b);
        Add(c);
        Add(d);
        Add(bytes.Length);
    }
}
