namespace Uss.Runtime.Simulated;

/// <summary>How often each kind of fault happened, in one world or summed over many.</summary>
public sealed class FaultCounts
{
    private static readonly int _kinds = Enum.GetValues<FaultKind>().Length;
    private readonly long[] _counts = new long[_kinds];

    /// <summary>Occurrences of one kind.</summary>
    public long this[FaultKind kind] => _counts[(int)kind];

    /// <summary>Counts one more.</summary>
    public void Add(FaultKind kind, long count = 1) => _counts[(int)kind] += count;

    /// <summary>Adds all of another world's counts.</summary>
    public void Add(FaultCounts other)
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
    }
}
