using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Uss.Runtime.Portable;

/// <summary>One direction of a socket: what the socket completes on any thread arrives on the reactor's.</summary>
internal abstract class SocketOperation : SocketAsyncEventArgs, IValueTaskSource<IoResult>
{
    private static readonly Action<object?> CompletedCallback = static state => ((SocketOperation)state!).OnArrived();

    private readonly PortableReactor _reactor;
    private ReactorCompletion<IoResult> _completion;

    protected SocketOperation(PortableReactor reactor)
        : base(true) => _reactor = reactor; // no execution context flows

    /// <summary>True from the start until the awaiter has the result.</summary>
    internal bool IsInUse { get; private set; }

    protected ValueTask<IoResult> Task => new(this, _completion.Version);

    public IoResult GetResult(short token)
    {
        var result = _completion.GetResult(token);
        _completion.Reset();
        IsInUse = false;
        return result;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _completion.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token);

    protected void Begin()
    {
        Invariant.Check(!IsInUse);
        IsInUse = true;
    }

    /// <summary>Starts the socket's call.</summary>
    protected void Issue()
    {
        _reactor.Enter();
        bool isPending;
        try
        {
            isPending = Start();
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            SocketError = (exception as SocketException)?.SocketErrorCode ?? SocketError.OperationAborted;
            isPending = false;
        }

        // What ends at once arrives in the next turn like the rest, so that a busy socket cannot hog the reactor.
        if (!isPending)
            _reactor.Post(CompletedCallback, this);
    }

    protected override void OnCompleted(SocketAsyncEventArgs e) => _reactor.Post(CompletedCallback, this);

    /// <summary>Calls the socket; false when it ended at once.</summary>
    protected abstract bool Start();

    /// <summary>The socket's answer is there, on the reactor's thread.</summary>
    protected abstract void OnEnded();

    protected void Finish(IoResult result) => _completion.SetResult(result);

    private void OnArrived()
    {
        _reactor.Leave();
        OnEnded();
    }
}
