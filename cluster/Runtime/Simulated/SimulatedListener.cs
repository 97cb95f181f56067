namespace Uss.Runtime.Simulated;

/// <summary>A listening socket of a simulated host.</summary>
internal sealed class SimulatedListener(SimulatedNetwork network, SimulatedReactor reactor, Endpoint local, int backlog) : IListener
{
    private readonly Queue<SimulatedConnection> _arrived = [];
    private SimulatedWait<Result<IConnection>>? _accept;
    private bool _isClosed;

    public SimulatedReactor Reactor { get; } = reactor;

    public Endpoint Local { get; } = local;

    /// <summary>True when no connection can wait any more.</summary>
    public bool IsFull => _arrived.Count >= backlog;

    public ValueTask<Result<IConnection>> AcceptAsync()
    {
        Reactor.CheckIsCurrent();
        Invariant.Check(_accept is null);
        _accept = new SimulatedWait<Result<IConnection>>();
        var task = _accept.Task;
        if (_isClosed || _arrived.Count > 0)
            Reactor.Post(static state => ((SimulatedListener)state!).Settle(), this);
        return task;
    }

    public ValueTask CloseAsync()
    {
        if (_isClosed)
            return ValueTask.CompletedTask;
        _isClosed = true;
        network.Remove(this);
        while (_arrived.TryDequeue(out var connection))
            connection.Abort();
        Reactor.Post(static state => ((SimulatedListener)state!).Settle(), this);
        return Reactor.YieldAsync();
    }

    public void Arrive(SimulatedConnection connection)
    {
        _arrived.Enqueue(connection);
        Reactor.Post(static state => ((SimulatedListener)state!).Settle(), this);
    }

    private void Settle()
    {
        if (_accept is not { } accept)
            return;
        if (_isClosed)
        {
            _accept = null;
            accept.Complete(new Fault("listener-closed", $"{Local} no longer listens."));
        }
        else if (_arrived.TryDequeue(out var connection))
        {
            _accept = null;
            accept.Complete(Result<IConnection>.Ok(connection));
        }
    }
}
