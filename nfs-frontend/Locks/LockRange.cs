namespace Uss.NfsFrontend.Locks;

/// <summary>A range of bytes of a file; never empty.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Last">Its last byte; <see cref="End"/> when it goes to the end of the file, however long that gets.</param>
public readonly record struct LockRange(ulong Start, ulong Last)
{
    /// <summary>The last byte that a file can have: offsets are signed numbers everywhere but on the wire.</summary>
    public const ulong End = long.MaxValue;

    /// <summary>All bytes.</summary>
    public static LockRange All => new(0, End);

    /// <summary>Its length on the wire (XNFS, nlm4_lock: l_len): 0 when it goes to the end.</summary>
    public ulong Length => Last == End ? 0 : Last - Start + 1;

    /// <summary>Makes a range of what is on the wire; false when it reaches behind the last byte that a file can have.</summary>
    public static bool TryCreate(ulong start, ulong length, out LockRange range)
    {
        range = default;
        if (start > End || (length > 0 && length - 1 > End - start))
            return false;
        range = new LockRange(start, length == 0 ? End : start + length - 1);
        return true;
    }

    /// <summary>Whether the two have a byte in common.</summary>
    public bool Overlaps(LockRange other) => Start <= other.Last && other.Start <= Last;

    /// <summary>Whether the two overlap or follow on each other.</summary>
    public bool Touches(LockRange other) => Start <= other.Last + 1 && other.Start <= Last + 1;

    /// <summary>Whether it holds all of the other.</summary>
    public bool Contains(LockRange other) => Start <= other.Start && other.Last <= Last;

    /// <summary>The least range that holds both.</summary>
    public LockRange Union(LockRange other) => new(Math.Min(Start, other.Start), Math.Max(Last, other.Last));
}
