using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Simulation.Blocks;

/// <summary>A client of a virtual disk: sends one request after the other and records what it sees.</summary>
public sealed class BlockClient(int number, BlockWorkload workload, BlockHistory history, SeededRandom random)
{
    private readonly byte[] _data = new byte[64 * BlockContent.BlockBytes];

    /// <summary>Its number.</summary>
    public int Number { get; } = number;

    /// <summary>A request without an outcome, if any.</summary>
    public BlockTicket? Open { get; private set; }

    /// <summary>Sends requests as long as it is given a turn for each and the target answers.</summary>
    public async ValueTask RunAsync(IBlockTarget target, Func<bool> takeTurn)
    {
        while (takeTurn())
        {
            if (random.Next(4) == 0)
                await Reactor.Current.DelayAsync(random.Next(2_000_000));
            if (await SendAsync(target, workload.Next()) == BlockOutcome.Lost)
                return;
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
        ticket.End(outcome, data.Span, Reactor.Current.MonotonicNs);
        return outcome;
    }

    /// <summary>The request without an outcome cannot be done any more from now on.</summary>
    public void GiveUp(long now)
    {
        Open?.GiveUp(now);
        Open = null;
    }
}
