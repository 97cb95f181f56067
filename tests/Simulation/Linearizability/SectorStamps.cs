using System.Runtime.CompilerServices;

namespace Uss.Simulation.Linearizability;

/// <summary>What a 4 KiB block holds: the stamp of each of its 512-byte sectors.</summary>
[InlineArray(Count)]
public struct SectorStamps : IEquatable<SectorStamps>
{
    /// <summary>Sectors of a block.</summary>
    public const int Count = 8;

    private ulong _first;

    /// <summary>The same stamp in every sector.</summary>
    public static SectorStamps All(ulong stamp)
    {
        var stamps = default(SectorStamps);
        ((Span<ulong>)stamps).Fill(stamp);
        return stamps;
    }

    /// <summary>True when the sectors of <paramref name="mask"/> are equal.</summary>
    public readonly bool Equals(in SectorStamps other, byte mask)
    {
        for (var i = 0; i < Count; i++)
        {
            if ((mask & (1 << i)) != 0 && this[i] != other[i])
                return false;
        }

        return true;
    }

    /// <summary>Takes over the sectors of <paramref name="mask"/>.</summary>
    public void Set(in SectorStamps source, byte mask)
    {
        for (var i = 0; i < Count; i++)
        {
            if ((mask & (1 << i)) != 0)
                this[i] = source[i];
        }
    }

    /// <inheritdoc/>
    public readonly bool Equals(SectorStamps other) => Equals(other, 0xFF);

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is SectorStamps other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => (int)Fold();

    /// <inheritdoc/>
    public override readonly string ToString()
    {
        ReadOnlySpan<ulong> stamps = this;
        return stamps.IndexOfAnyExcept(stamps[0]) < 0
            ? $"{stamps[0]:x}"
            : string.Join(' ', stamps.ToArray().Select(stamp => $"{stamp:x}"));
    }

    /// <summary>A hash of 64 bits.</summary>
    internal readonly ulong Fold()
    {
        var hash = 0UL;
        for (var i = 0; i < Count; i++)
            hash = ulong.RotateLeft((hash ^ this[i]) * 0x9E3779B97F4A7C15UL, 31);
        return hash;
    }
}
