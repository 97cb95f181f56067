using Uss.Runtime;

namespace Uss.Simulation.Blocks;

/// <summary>Draws the requests of the clients of one virtual disk: few blocks, so that they meet.</summary>
public sealed class BlockWorkload
{
    private const int SectorsPerBlock = BlockContent.BlockBytes / BlockContent.SectorBytes;

    private readonly SeededRandom _random;
    private readonly BlockHistory _history;
    private readonly long _firstBlock;
    private readonly int _span;
    private readonly int _longest;
    private readonly bool _usesSectors;
    private ulong _lastStamp;

    /// <summary>Creates a workload on a disk of <paramref name="history"/>'s size.</summary>
    public BlockWorkload(SeededRandom random, BlockHistory history)
    {
        _random = random;
        _history = history;
        _span = Math.Min(history.Blocks, 4 << random.Next(6));
        _firstBlock = random.Next(history.Blocks - _span + 1);

        // Around an object's end in half of the runs.
        if (random.Next(2) == 0 && history.Blocks > 1024 + _span)
            _firstBlock = 1024 - random.Next(_span);
        _longest = Math.Min(_span, random.Next(4) == 0 ? 64 : 4);
        _usesSectors = random.Next(2) == 0;
    }

    /// <summary>The next request.</summary>
    public BlockRequest Next()
    {
        var kind = _random.Next(100) switch
        {
            < 40 => BlockRequestKind.Read,
            < 80 => BlockRequestKind.Write,
            < 88 => BlockRequestKind.Discard,
            < 98 => BlockRequestKind.CompareAndWrite,
            _ => BlockRequestKind.Flush,
        };
        var blocks = (int)Math.Exp(_random.NextDouble() * Math.Log(_longest + 1));
        blocks = Math.Clamp(blocks, 1, kind == BlockRequestKind.CompareAndWrite ? 1 : _span);
        var offset = (_firstBlock + _random.Next(_span - blocks + 1)) * BlockContent.BlockBytes;
        var length = blocks * BlockContent.BlockBytes;
        if (_usesSectors && _random.Next(2) == 0)
            (offset, length) = CutToSectors(offset, length);
        return Build(kind, offset, length);
    }

    /// <summary>Reads everything that the workload may have touched, in pieces.</summary>
    public IEnumerable<BlockRequest> ReadAll()
    {
        for (var block = _firstBlock; block < _firstBlock + _span; block += _longest)
        {
            var blocks = (int)Math.Min(_longest, _firstBlock + _span - block);
            yield return Build(BlockRequestKind.Read, block * BlockContent.BlockBytes, blocks * BlockContent.BlockBytes);
        }
    }

    private BlockRequest Build(BlockRequestKind kind, long offset, int length)
    {
        var request = new BlockRequest { Kind = kind, Offset = offset, Length = length };
        if (kind is not (BlockRequestKind.Write or BlockRequestKind.CompareAndWrite))
            return request;
        var stamp = _lastStamp + 1;
        _lastStamp += (ulong)(request.EndBlock - request.FirstBlock);
        return request with { Stamp = stamp, Expected = _history.LastSeen(request.FirstBlock) };
    }

    private (long Offset, int Length) CutToSectors(long offset, int length)
    {
        var before = _random.Next(SectorsPerBlock) * BlockContent.SectorBytes;
        var after = _random.Next(SectorsPerBlock) * BlockContent.SectorBytes;
        return before + after >= length ? (offset, length) : (offset + before, length - before - after);
    }
}
