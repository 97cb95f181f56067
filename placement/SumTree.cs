namespace Uss.Placement;

/// <summary>Counts by index with sums over ranges and a search by sum, each in logarithmic time (Fenwick's binary indexed
/// tree).</summary>
internal sealed class SumTree
{
    private readonly long[] _sums;
    private readonly int _highestBit;

    public SumTree(int count)
    {
        _sums = new long[count + 1];
        _highestBit = count == 0 ? 0 : 1 << (31 - System.Numerics.BitOperations.LeadingZeroCount((uint)count));
    }

    /// <summary>Adds to the count at an index.</summary>
    public void Add(int index, long amount)
    {
        for (var i = index + 1; i < _sums.Length; i += i & -i)
            _sums[i] += amount;
    }

    /// <summary>Sum of the counts before an index.</summary>
    public long Before(int index)
    {
        var sum = 0L;
        for (var i = index; i > 0; i -= i & -i)
            sum += _sums[i];
        return sum;
    }

    /// <summary>The index in whose count a point lies, when all counts are laid end to end; the point is below their sum.</summary>
    public int Find(long point)
    {
        var index = 0;
        for (var bit = _highestBit; bit > 0; bit >>= 1)
        {
            if (index + bit < _sums.Length && _sums[index + bit] <= point)
            {
                index += bit;
                point -= _sums[index];
            }
        }

        return index;
    }
}
