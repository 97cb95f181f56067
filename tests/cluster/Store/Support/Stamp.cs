using System.Runtime.InteropServices;

namespace Uss.Store.Tests;

/// <summary>What a test block says of itself: which write it is of, and which block of that write.</summary>
internal readonly record struct Stamp(ulong Write, int Index)
{
    /// <summary>A block that is neither zeros nor a whole stamped block.</summary>
    public static Stamp Garbage { get; } = new(ulong.MaxValue, -1);

    /// <summary>A block of zeros.</summary>
    public static Stamp Zeros { get; }

    public static void Fill(Span<byte> block, ulong write, int index)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(block);
        for (var i = 0; i < words.Length; i++)
            words[i] = Word(write, index, i);
    }

    public static Stamp Read(ReadOnlySpan<byte> block)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(block);
        if (!block.ContainsAnyExcept((byte)0))
            return Zeros;
        var stamp = new Stamp(words[0] >> 16, (int)(words[0] & 0xFFFF));
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] != Word(stamp.Write, stamp.Index, i))
                return Garbage;
        }

        return stamp;
    }

    private static ulong Word(ulong write, int index, int i) =>
        i == 0 ? (write << 16) | (uint)index : ((write << 16) | (uint)index) * 0x9E3779B97F4A7C15UL + (ulong)i;
}
