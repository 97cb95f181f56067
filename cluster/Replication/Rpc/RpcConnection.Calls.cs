using Uss.Runtime;

namespace Uss.Replication.Rpc;

// The calling side: calls wait for the peer's window in order, then to be sent, then for the answer.
public sealed partial class RpcConnection
{
    // More time for a call that times out while its answer is arriving in its target.
    private const long GraceNs = 1_000_000_000;
    private const long LongestTimeoutNs = uint.MaxValue * 1_000_000L;

    private readonly RpcSlots _slots;
    private readonly RpcWatch _watch;
    private readonly Stack<RpcCall> _freeCalls = new();
    private RpcCallQueue _waiting;

    /// <summary>Calls that wait for the peer's window.</summary>
    public int WaitingCalls { get; private set; }

    /// <summary>Requests that the peer has not answered, those of calls that timed out among them.</summary>
    public int RequestsUnderWay => _slots.Used;

    /// <summary>A call to fill in.</summary>
    public RpcCall Rent() => _freeCalls.TryPop(out var call) ? call : new RpcCall(this, _arrays);

    /// <summary>Takes back a call that is not under way.</summary>
    public void Return(RpcCall call)
    {
        Invariant.Check(call.State == RpcCall.CallState.Idle && call.IsOf(this));
        call.Clear();
        _freeCalls.Push(call);
    }

    /// <summary>
    /// Sends the request and waits for the answer. Calls that the peer's window does not admit yet wait for their turn.
    /// </summary>
    /// <param name="call">The request; its answer is in it afterwards.</param>
    /// <param name="timeoutNs">Time from now on, in nanoseconds; <see cref="long.MaxValue"/> for none.</param>
    public ValueTask<RpcStatus> CallAsync(RpcCall call, long timeoutNs)
    {
        Invariant.Check(_reactor.IsCurrent && call.IsOf(this) && call.State == RpcCall.CallState.Idle && timeoutNs > 0);
        Invariant.Check(RpcHeader.IsPayloadLength(call.Payload.Length) && RpcHeader.IsPayloadLength(call.Target.Length));
        Invariant.Check(call.Details.Length <= RpcLimits.DetailBytes);
        Invariant.Check(call.Checksums.Length == 0 || call.Checksums.Length * RpcLimits.BlockBytes == call.Payload.Length);
        if (!IsOpen)
            return new ValueTask<RpcStatus>(RpcStatus.Lost);
        call.DeadlineNs = timeoutNs > LongestTimeoutNs ? long.MaxValue : _reactor.MonotonicNs + timeoutNs;
        _watch.Add(call);
        if (_waiting.Head is null && _slots.HasRoom(call.CostBytes))
        {
            Submit(call);
        }
        else
        {
            call.State = RpcCall.CallState.WaitingForWindow;
            _waiting.Append(call);
            WaitingCalls++;
        }

        return call.Task;
    }

    private void Submit(RpcCall call)
    {
        _slots.Take(call);
        call.State = RpcCall.CallState.Queued;
        _calls.Append(call);
        ScheduleFlush();
    }

    private void AdmitWaiting()
    {
        while (!_isAborted && _waiting.Head is { } call && _slots.HasRoom(call.CostBytes))
        {
            _waiting.Remove(call);
            WaitingCalls--;
            Submit(call);
        }
    }

    private void Expire(RpcCall call)
    {
        if (_isDirect && ReferenceEquals(call, _receivingCall))
        {
            // The kernel is writing into the caller's buffer: nothing but the end of the connection stops it.
            if (call.IsInGrace)
                Abort("the peer stopped in the middle of an answer");
            call.IsInGrace = true;
            _watch.Postpone(call, _isAborted ? long.MaxValue : _reactor.MonotonicNs + GraceNs);
            return;
        }

        if (ReferenceEquals(call, _receivingCall))
            ForgetSink();
        Detach(call);
        _watch.Remove(call);
        AdmitWaiting();
        call.Complete(RpcStatus.TimedOut);
    }

    // The slot of a request that was sent stays taken until it is answered.
    private void Detach(RpcCall call)
    {
        switch (call.State)
        {
            case RpcCall.CallState.WaitingForWindow:
                _waiting.Remove(call);
                WaitingCalls--;
                break;
            case RpcCall.CallState.Queued:
                _calls.Remove(call);
                _slots.Free(call.Slot);
                break;
            default:
                _slots.Forget(call.Slot);
                break;
        }
    }

    private void EndCalls()
    {
        _receivingCall = null;
        while (_watch.Oldest is { } call)
        {
            Detach(call);
            _watch.Remove(call);
            call.Complete(RpcStatus.Lost);
        }

        _watch.Stop();
    }
}
