using Uss.Runtime;
using Uss.Volumes;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>
/// Looks at the cluster after every change, and from time to time for what nobody announces, and notes what happened in
/// the journal. It runs on the thread pool; only short questions go to the reactor.
/// </summary>
internal sealed class EventWatch : IAsyncDisposable
{
    private static readonly TimeSpan _shortest = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan _whileRecovering = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(5);

    private readonly Reactor _reactor;
    private readonly BlockNode _block;
    private readonly INode _node;
    private readonly EventJournal _journal;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly Task _running;

    private EventWatch(Reactor reactor, BlockNode block, INode node, EventJournal journal)
    {
        _reactor = reactor;
        _block = block;
        _node = node;
        _journal = journal;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Begins to watch.</summary>
    public static async Task<EventWatch> StartAsync(Reactor reactor, BlockNode block, INode node, EventJournal journal)
    {
        var watch = new EventWatch(reactor, block, node, journal);
        await reactor.InvokeAsync(() =>
        {
            block.Changed += watch.OnChanged;
            return ValueTask.FromResult(true);
        });
        return watch;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _reactor.InvokeAsync(() =>
        {
            _block.Changed -= OnChanged;
            return ValueTask.FromResult(true);
        });
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
        _changed.Dispose();
    }

    private void OnChanged(NodeEvent change)
    {
        switch (change.Kind)
        {
            case NodeEventKind.VolumeCreated:
                _journal.Add("volume-created", "info", change.Subject, $"Volume {change.Subject} can be used.");
                break;
            case NodeEventKind.VolumeChanged:
                _journal.Add("volume-changed", "info", change.Subject, $"Volume {change.Subject} was changed.");
                break;
            case NodeEventKind.VolumeRemoved:
                _journal.Add("volume-removed", "info", change.Subject, $"Volume {change.Subject} is gone.");
                break;
            case NodeEventKind.PoolSplit:
                _journal.Add(
                    "pool-split",
                    "info",
                    change.Subject,
                    $"Pool {change.Subject} is split, since its disks have become many: each placement group becomes two.");
                break;
            default:
                if (_changed.CurrentCount == 0)
                    _changed.Release();
                break;
        }
    }

    private async Task RunAsync()
    {
        var finder = new EventFinder(_journal);
        try
        {
            while (true)
            {
                finder.Look(await _node.DescribeClusterAsync(), await _node.ListDisksAsync());
                await _changed.WaitAsync(finder.IsRecovering ? _whileRecovering : _longest, _stopping.Token);

                // One cause changes many things, one after the other: they are told as one.
                await Task.Delay(_shortest, _stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }
}
