using Uss.Simulation.Linearizability;

namespace Uss.Simulation.Blocks;

/// <summary>What all clients of one virtual disk did and saw, block by block.</summary>
public sealed class BlockHistory(int blocks)
{
    private readonly List<BlockOperation>?[] _blocks = new List<BlockOperation>?[blocks];
    private readonly SectorStamps[] _lastSeen = new SectorStamps[blocks];

    /// <summary>Blocks of the disk.</summary>
    public int Blocks => blocks;

    /// <summary>Operations recorded, counted by blocks.</summary>
    public long Operations { get; private set; }

    /// <summary>What was last seen in or written to a block: a good guess at what it holds.</summary>
    public SectorStamps LastSeen(long block) => _lastSeen[block];

    /// <summary>Records that a client sends a request.</summary>
    public BlockTicket Begin(BlockRequest request, int client, long now)
    {
        var ticket = new BlockTicket(this, request, client, now);
        if (!request.IsChange)
            return ticket;
        for (var block = request.FirstBlock; block < request.EndBlock; block++)
        {
            var mask = request.MaskOf(block);
            var isCompare = request.Kind == BlockRequestKind.CompareAndWrite;
            ticket.Changes.Add(
                Add(
                    block,
                    new BlockOperation
                    {
                        Client = client,
                        Start = now,
                        IsOptional = true,
                        Condition = isCompare ? BlockCondition.Equal : BlockCondition.None,
                        ReadMask = isCompare ? mask : (byte)0,
                        Expected = request.Expected,
                        WriteMask = mask,
                        Written = SectorStamps.All(request.StampOf(block)),
                    }));
        }

        return ticket;
    }

    /// <summary>Blocks that any operation touched.</summary>
    public IEnumerable<long> BlocksUsed =>
        Enumerable.Range(0, blocks).Where(block => _blocks[block] is not null).Select(block => (long)block);

    /// <summary>Checks every block; null when all histories are linearizable.</summary>
    /// <param name="amend">Puts what nobody asked for into the history of a block; null: nothing.</param>
    public string? FindViolation(Func<long, IReadOnlyList<BlockOperation>, IReadOnlyList<BlockOperation>>? amend = null)
    {
        var checker = new LinearizabilityChecker();
        for (var block = 0; block < blocks; block++)
        {
            if (_blocks[block] is not { } seen)
                continue;
            var history = amend?.Invoke(block, seen) ?? seen;
            if (checker.FindViolation(history) is not { } violation)
                continue;
            var around = history.Where(item => item.Start <= violation.End && item.End >= violation.Start - 2_000_000_000).TakeLast(20);
            return $"block {block} is not linearizable: {violation} fits nowhere among{Environment.NewLine}  "
                + string.Join(Environment.NewLine + "  ", around);
        }

        return null;
    }

    internal BlockOperation Add(long block, BlockOperation operation)
    {
        (_blocks[block] ??= []).Add(operation);
        Operations++;
        return operation;
    }

    internal void Remove(long block, BlockOperation operation) => _blocks[block]!.Remove(operation);

    internal void See(long block, in SectorStamps stamps, byte mask) => _lastSeen[block].Set(stamps, mask);
}

/// <summary>A request whose outcome is awaited.</summary>
public sealed class BlockTicket
{
    private readonly BlockHistory _history;
    private readonly int _client;
    private readonly long _start;

    internal BlockTicket(BlockHistory history, BlockRequest request, int client, long start)
    {
        _history = history;
        _client = client;
        _start = start;
        Request = request;
    }

    /// <summary>The request.</summary>
    public BlockRequest Request { get; }

    internal List<BlockOperation> Changes { get; } = [];

    /// <summary>Records the outcome that the client was told.</summary>
    public void End(BlockOutcome outcome, ReadOnlySpan<byte> data, long now)
    {
        switch (outcome)
        {
            case BlockOutcome.Done when Request.Kind == BlockRequestKind.Read:
                for (var block = Request.FirstBlock; block < Request.EndBlock; block++)
                    Read(block, data, now);
                break;
            case BlockOutcome.Done:
                foreach (var change in Changes)
                    (change.End, change.IsOptional) = (now, false);
                for (var block = Request.FirstBlock; Request.IsChange && block < Request.EndBlock; block++)
                    _history.See(block, SectorStamps.All(Request.StampOf(block)), Request.MaskOf(block));
                break;
            case BlockOutcome.Miscompare:
                Miscompare(now);
                break;
            case BlockOutcome.Refused:
                for (var i = 0; i < Changes.Count; i++)
                    _history.Remove(Request.FirstBlock + i, Changes[i]);
                break;
            case BlockOutcome.Failed:
                GiveUp(now);
                break;
        }
    }

    /// <summary>The client will never be told; if it was done at all, then by now.</summary>
    public void GiveUp(long now)
    {
        foreach (var change in Changes)
            change.End = now;
    }

    private void Read(long block, ReadOnlySpan<byte> data, long now)
    {
        var stamps = Request.Parse(data, block);
        var mask = Request.MaskOf(block);
        _history.Add(block, BlockOperation.Read(_start, now, stamps, mask) with { Client = _client });
        _history.See(block, stamps, mask);
    }

    private void Miscompare(long now)
    {
        var attempt = Changes[0];
        _history.Remove(Request.FirstBlock, attempt);
        _history.Add(
            Request.FirstBlock,
            attempt with { Condition = BlockCondition.Different, WriteMask = 0, End = now, IsOptional = false });
    }
}
