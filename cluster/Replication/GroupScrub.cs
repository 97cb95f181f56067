using Uss.Store;

namespace Uss.Replication;

/// <summary>What one scrub of a placement group has done and found so far.</summary>
public sealed class GroupScrub
{
    // Enough to see what is hit; the count says how much there is.
    private const int MaximumLost = 16;

    private readonly List<LostRange> _lost = [];

    /// <summary>Objects to look at.</summary>
    public long Objects { get; internal set; }

    /// <summary>Of these, done.</summary>
    public long ObjectsDone { get; internal set; }

    /// <summary>Copies of blocks that were read from the medium.</summary>
    public long CopiesRead { get; internal set; }

    /// <summary>Copies that could not be read, or were not what had been written.</summary>
    public long Damaged { get; internal set; }

    /// <summary>Copies that could be read and were older than another one, or missing.</summary>
    public long Outdated { get; internal set; }

    /// <summary>Copies that were overwritten with good data, and read again.</summary>
    public long Repaired { get; internal set; }

    /// <summary>Blocks of which no good copy was found, or whose copy could not be overwritten.</summary>
    public long Unrepairable { get; internal set; }

    /// <summary>Where these are; the first of many.</summary>
    public IReadOnlyList<LostRange> Lost => _lost;

    internal void AddLost(ObjectId id, int block)
    {
        Unrepairable++;
        if (_lost.Count > 0 && _lost[^1].Id == id && _lost[^1].FirstBlock + _lost[^1].BlockCount == block)
            _lost[^1] = _lost[^1] with { BlockCount = _lost[^1].BlockCount + 1 };
        else if (_lost.Count < MaximumLost)
            _lost.Add(new LostRange(id, block, 1));
    }
}

/// <summary>Blocks without a good copy.</summary>
/// <param name="Id">The object.</param>
/// <param name="FirstBlock">First block within it.</param>
/// <param name="BlockCount">Blocks.</param>
public readonly record struct LostRange(ObjectId Id, int FirstBlock, int BlockCount);
