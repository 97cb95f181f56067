using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Replication.Rpc;

// Requests and answers gather in queues; at the end of a turn everything that is ready leaves as one send.
public sealed partial class RpcConnection
{
    private readonly RpcBatch _batch;
    private readonly Action _sendContinuation;
    private RpcCallQueue _calls;
    private RpcRequestQueue _answers;
    private ValueTaskAwaiter<IoResult> _sendAwaiter;
    private TaskCompletionSource? _sendIdle;
    private bool _isSending;
    private bool _isFlushScheduled;

    /// <summary>Sends so far, each of one or more frames.</summary>
    internal long Sends { get; private set; }

    private bool HasQueued => _calls.Head is not null || _answers.Head is not null;

    private bool HasOutput => _isSending || HasQueued;

    private void ScheduleFlush()
    {
        if (_isSending || _isFlushScheduled || _isAborted)
            return;
        _isFlushScheduled = true;
        _reactor.AtEndOfTurn(static connection => ((RpcConnection)connection!).Flush(), this);
    }

    private void Flush()
    {
        _isFlushScheduled = false;
        while (!_isSending && !_isAborted && HasQueued)
        {
            Fill();
            _isSending = true;
            Sends++;
            _sendAwaiter = _transport.SendAsync(_batch.Complete()).GetAwaiter();
            if (!_sendAwaiter.IsCompleted)
            {
                _sendAwaiter.UnsafeOnCompleted(_sendContinuation);
                return;
            }

            FinishSend();
        }
    }

    // By turns, so that neither side's requests starve the other's. An empty batch takes any frame.
    private void Fill()
    {
        var hasRoom = true;
        while (hasRoom && HasQueued)
        {
            if (_answers.Head is { } request)
            {
                hasRoom = _batch.HasRoom(request.AnswerPayload.Length, request.Details.Length);
                if (hasRoom)
                    WriteAnswer(_answers.TakeHead());
            }

            if (hasRoom && _calls.Head is { } call)
            {
                hasRoom = _batch.HasRoom(call.Payload.Length, call.Details.Length);
                if (hasRoom)
                    WriteCall(call);
            }
        }
    }

    private void WriteCall(RpcCall call)
    {
        _calls.Remove(call);
        call.State = RpcCall.CallState.Sent;
        var header = new RpcHeader
        {
            Kind = RpcKind.Request,
            Operation = call.Operation,
            TimeoutMs = RemainingMs(call),
            Id = _slots.IdOf(call.Slot),
            TargetBytes = call.Target.Length,
            Arguments = call.Arguments,
        };
        _batch.Add(ref header, call.Payload, call.Checksums.Span, call.Details.Span);
    }

    private void WriteAnswer(RpcRequest request)
    {
        var header = new RpcHeader
        {
            Kind = RpcKind.Answer,
            Operation = request.Operation,
            Status = request.Status,
            Id = request.Id,
            Arguments = request.Answer,
        };
        _batch.Add(ref header, request.AnswerPayload, request.Checksums.Span, request.Details.Span);

        // Before the peer can know of it: so its next request never finds the window still taken.
        Recycle(request);
    }

    // Rounded up; a deadline that passes before the frame leaves still is one.
    private uint RemainingMs(RpcCall call)
    {
        if (call.DeadlineNs == long.MaxValue)
            return 0;
        var remainingNs = call.DeadlineNs - _reactor.MonotonicNs;
        return (uint)Math.Clamp((remainingNs + 999_999) / 1_000_000, 1, uint.MaxValue);
    }

    private void OnSent()
    {
        FinishSend();
        if (HasQueued)
            ScheduleFlush();
    }

    private void FinishSend()
    {
        var result = _sendAwaiter.GetResult();
        _sendAwaiter = default;
        _batch.Clear();
        _isSending = false;
        if (!result.IsOk && !_isAborted)
            Abort("sending failed: " + result);
        if (_isClosing)
            _changed.Raise();
        _sendIdle?.TrySetResult();
    }

    private async ValueTask WaitForSendAsync()
    {
        _sendIdle = new TaskCompletionSource();
        await _sendIdle.Task;
    }
}
