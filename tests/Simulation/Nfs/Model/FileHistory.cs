using Uss.NfsFrontend.Nfs;
using Uss.Simulation.Blocks;
using Uss.Simulation.Linearizability;

namespace Uss.Simulation.Nfs;

/// <summary>What clients did to one file and saw of it: its length as one thing, and each of its blocks as another.</summary>
internal sealed class FileHistory(ulong inode, byte[] handle)
{
    private readonly List<LengthOperation> _lengths = [];
    private readonly List<LengthOperation> _cuts = [];
    private readonly SortedDictionary<long, List<BlockOperation>> _blocks = [];
    private long _lastLinkedNs;

    public ulong Inode => inode;

    public byte[] Handle => handle;

    /// <summary>Blocks that any write touched.</summary>
    public IEnumerable<long> Blocks => _blocks.Keys;

    /// <summary>Somebody who asked at that time was told that it has a name: it was not taken away before.</summary>
    public void NoteLinked(long startNs) => _lastLinkedNs = Math.Max(_lastLinkedNs, startNs);

    /// <summary>A write of one stamp to whole sectors begins.</summary>
    public (LengthOperation Length, List<(long Number, BlockOperation Write)> Blocks) BeginWrite(string client, long now, long offset, int length, ulong stamp)
    {
        var blocks = new List<(long, BlockOperation)>();
        foreach (var (block, mask) in Parts(offset, length))
        {
            var operation = new BlockOperation { Start = now, IsOptional = true, WriteMask = mask, Written = SectorStamps.All(stamp) };
            BlockAt(block).Add(operation);
            blocks.Add((block, operation));
        }

        var change = new LengthOperation { Client = client, Start = now, IsOptional = true, AtLeast = offset + length };
        _lengths.Add(change);
        return (change, blocks);
    }

    /// <summary>
    /// A write that was sent again may take effect twice before it is answered, as its first copy did where the front-end died: with writes
    /// of others to the same place between. Never after it was answered.
    /// </summary>
    public void AllowTwice(BlockOperation write, long block) => BlockAt(block).Add(write with { IsOptional = true });

    /// <summary>A change of the length begins.</summary>
    public LengthOperation BeginCut(string client, long now, long length)
    {
        var change = new LengthOperation { Client = client, Start = now, IsOptional = true, Exactly = length };
        _lengths.Add(change);
        _cuts.Add(change);
        return change;
    }

    /// <summary>A change of the length was answered. What a repeated call tells is of later.</summary>
    public void EndChange(LengthOperation change, NfsAnswer answer, long now)
    {
        change.End = now;
        if (answer.Status != NfsStatus.Ok)
            return;
        change.IsOptional = false;
        change.Before = (long?)answer.LengthBefore;
        if (answer.Attributes is not { } attributes)
            return;
        if (change.Before is null)
            NoteLength(change.Client, change.Start, now, (long)attributes.Length);
        else
            change.After = (long)attributes.Length;
    }

    /// <summary>The length was told.</summary>
    public void NoteLength(string client, long start, long now, long length) =>
        _lengths.Add(new LengthOperation { Client = client, Start = start, End = now, Before = length });

    /// <summary>Data was read, whole sectors.</summary>
    public void NoteData(long start, long now, long offset, byte[] data)
    {
        foreach (var (block, mask) in Parts(offset, data.Length))
        {
            var seen = default(SectorStamps);
            for (var sector = 0; sector < SectorStamps.Count; sector++)
            {
                if ((mask & (1 << sector)) == 0)
                    continue;
                var position = (int)((block * BlockContent.BlockBytes) + (sector * BlockContent.SectorBytes) - offset);
                seen[sector] = BlockContent.ReadSector(data.AsSpan(position, BlockContent.SectorBytes), sector);
            }

            BlockAt(block).Add(BlockOperation.Read(start, now, seen, mask));
        }
    }

    /// <summary>Says what fits no order; null: nothing.</summary>
    public string? FindViolation()
    {
        if (new HistoryChecker<LengthOperation, LengthState>().FindViolation(_lengths, default) is { } length)
            return $"length of file {inode}: {length} fits nowhere among{Around(_lengths, length.End, one => one.Start)}";
        var checker = new LinearizabilityChecker();
        foreach (var (block, seen) in _blocks)
        {
            var history = seen.Concat(CutsOf(block)).Append(new BlockOperation
            {
                // Whoever reads while the file is taken away may find what it was or nothing.
                Start = _lastLinkedNs,
                IsOptional = true,
                WriteMask = 0xFF,
            }).ToList();
            for (var sector = 0; sector < SectorStamps.Count; sector++)
            {
                var of = Of(history, (byte)(1 << sector));
                if (checker.FindViolation(of) is { } violation)
                    return $"file {inode} block {block}: {violation} fits nowhere among{Around(of, violation.End, one => one.Start)}";
            }
        }

        return null;
    }

    /// <summary>What lies beyond the end that a file is given reads as zeros from then on.</summary>
    private IEnumerable<BlockOperation> CutsOf(long block)
    {
        foreach (var cut in _cuts)
        {
            var first = Math.Max(0, (cut.Exactly!.Value - (block * BlockContent.BlockBytes)) / BlockContent.SectorBytes);
            if (first < SectorStamps.Count)
                yield return new BlockOperation { Start = cut.Start, End = cut.End, IsOptional = cut.IsOptional, WriteMask = (byte)(0xFF << (int)first) };
        }
    }

    // Each sector is for itself: of a write that meets a truncation, what lies before the new end may be written after it.
    private static List<BlockOperation> Of(List<BlockOperation> history, byte sector) =>
    [
        .. history.Where(one => ((one.ReadMask | one.WriteMask) & sector) != 0)
            .Select(one => one with { ReadMask = (byte)(one.ReadMask & sector), WriteMask = (byte)(one.WriteMask & sector) }),
    ];

    private List<BlockOperation> BlockAt(long block)
    {
        if (!_blocks.TryGetValue(block, out var operations))
            _blocks.Add(block, operations = []);
        return operations;
    }

    private static IEnumerable<(long Block, byte Mask)> Parts(long offset, int length)
    {
        for (var at = offset; at < offset + length;)
        {
            var (block, within) = Math.DivRem(at, BlockContent.BlockBytes);
            var end = Math.Min(offset + length, (block + 1) * BlockContent.BlockBytes);
            var first = within / BlockContent.SectorBytes;
            var last = (end - 1 - (block * BlockContent.BlockBytes)) / BlockContent.SectorBytes;
            yield return (block, (byte)((0xFF << (int)first) & (0xFF >> (int)(SectorStamps.Count - 1 - last))));
            at = end;
        }
    }

    private static string Around<T>(IEnumerable<T> history, long to, Func<T, long> start) =>
        string.Concat(history.Where(item => start(item) <= to).OrderBy(start)
            .TakeLast(30).Select(item => $"{Environment.NewLine}  {item}"));
}
