using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

/// <summary>Arrays for the checksums of one write, kept for reuse; owned by one reactor.</summary>
internal sealed class ChecksumArrays
{
    private const int SmallBlocks = 16;

    private readonly Stack<uint[]> _small = new();
    private readonly Stack<uint[]> _large = new();

    /// <summary>An array that holds at least <paramref name="blocks"/> checksums, at most those of an object.</summary>
    public uint[] Rent(int blocks)
    {
        Invariant.Check(blocks is > 0 and <= StoreUnits.BlocksPerObject);
        if (blocks <= SmallBlocks)
            return _small.TryPop(out var small) ? small : new uint[SmallBlocks];
        return _large.TryPop(out var large) ? large : new uint[StoreUnits.BlocksPerObject];
    }

    /// <summary>Gives an array back.</summary>
    public void Return(uint[] array) => (array.Length == SmallBlocks ? _small : _large).Push(array);
}
