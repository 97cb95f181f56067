using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Simulation.Blocks;

/// <summary>A client of a virtual disk: sends one request after the other and records what it sees.</summary>
public sealed class BlockClient(int number, BlockWorkload workload, BlockHistory history, SeededRandom random)
{
    private readonly byte[] _data = new byte[64 * BlockContent.BlockBytes];
    private readonly List<BlockTicket> _failed = [];

    /// <summary>Its number.</summary>
    public int Number { get; } = number;

    /// <summary>
    /// True where a request that failed may still be done later, until <see cref="SettleFailed"/>: what a disk holds whose
    /// write failed shows only when it is opened again.
    /// </summary>
    public bool KeepsFailedOpen { get; init; }

    /// <summary>A request without an outcome, if any.</summary>
    public BlockTicket? Open { get; private set; }

    /// <summary>Sends requests as long as it is given a turn for each and the target answers.</summary>
    public async ValueTask RunAsync(IBlockTarget target, Func<bool> takeTurn)
    {
        while (takeTurn())
        {
            if (random.Next(4) == 0)
                await Reactor.Current.DelayAsync(random.Next(2_000_000));
            var outcome = await SendAsync(target, workload.Next());
            if (outcome == BlockOutcome.Lost)
                return;
            if (outcome == BlockOutcome.Failed && KeepsFailedOpen)
                await Reactor.Current.DelayAsync(random.Next(10_000_000));
        }
    }

    /// <summary>Sends one request and records its outcome.</summary>
    public async ValueTask<BlockOutcome> SendAsync(IBlockTarget target, BlockRequest request)
    {
        var ticket = history.Begin(request, Number, Reactor.Current.MonotonicNs);
        Open = ticket;
        var data = _data.AsMemory(0, request.Length);
        var world = ((SimulatedReactor)Reactor.Current).World;
        world.Trace?.Invoke($"{world.NowNs} client {Number} > {request}");
        var outcome = await target.ExecuteAsync(request, data);
        world.Trace?.Invoke($"{world.NowNs} client {Number} < {request}: {outcome}");
        world.Fold((long)outcome, request.Offset);
        if (outcome == BlockOutcome.Lost)
            return outcome;
        Open = null;
        if (outcome == BlockOutcome.Failed && KeepsFailedOpen)
        {
            _failed.Add(ticket);
            return outcome;
        }

        ticket.End(outcome, data.Span, Reactor.Current.MonotonicNs);
        return outcome;
    }

    /// <summary>Its front-end is gone: the request without an outcome stays open like one that failed.</summary>
    public void Abandon()
    {
        if (Open is { } open)
            _failed.Add(open);
        Open = null;
    }

    /// <summary>Requests that failed so far cannot be done any more from now on.</summary>
    public void SettleFailed(long now)
    {
        foreach (var ticket in _failed)
            ticket.GiveUp(now);
        _failed.Clear();
    }

    /// <summary>The request without an outcome cannot be done any more from now on.</summary>
    public void GiveUp(long now)
    {
        Open?.GiveUp(now);
        Open = null;
    }
}
