using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Target.Iscsi;

// Answers gather in a queue; at the end of a turn everything that is ready leaves as one send.
internal sealed partial class IscsiConnection
{
    // Answers that do not belong to a command, so that no command window bounds them. Beyond these limits nothing
    // more is read until the initiator has taken some.
    private const int MaximumQueuedControl = 128;
    private const long MaximumQueuedControlBytes = 1 << 20;

    private readonly OutputBatch _batch;
    private readonly Action _sendContinuation;
    private readonly Stack<ControlPdu> _freeControl = new();
    private OutputList _output;
    private OutputList _inFlight;
    private ValueTaskAwaiter<IoResult> _sendAwaiter;
    private TaskCompletionSource? _sendIdle;
    private TaskCompletionSource? _resume;
    private long _sendStartedNs;
    private int _queuedControl;
    private long _queuedControlBytes;
    private bool _isSending;
    private bool _isFlushScheduled;
    private uint _statSn = 1;

    private bool IsOutputBacklogged =>
        _queuedControl >= MaximumQueuedControl || _queuedControlBytes >= MaximumQueuedControlBytes;

    /// <summary>A PDU to fill in and <see cref="Enqueue(OutputItem)"/>.</summary>
    public ControlPdu NewControl()
    {
        var pdu = _freeControl.Count > 0 ? _freeControl.Pop() : new ControlPdu();
        pdu.TakesStatSn = true;
        return pdu;
    }

    /// <summary>Queues a PDU of the connection's own.</summary>
    public void Enqueue(ControlPdu pdu)
    {
        _queuedControl++;
        _queuedControlBytes += pdu.Data.Length;
        Enqueue((OutputItem)pdu);
    }

    /// <summary>Queues an item; it is written at the end of this turn, or once the send under way is done.</summary>
    public void Enqueue(OutputItem item)
    {
        if (_isClosed)
        {
            item.Release(this);
            return;
        }

        item.IsQueued = true;
        _output.Append(item);
        ScheduleFlush();
    }

    /// <summary>Fills in StatSN, ExpCmdSN and MaxCmdSN.</summary>
    public void PutSequence(Span<byte> header, bool takesStatSn)
    {
        var statSn = takesStatSn ? _statSn++ : _statSn;
        if (Session is { } session)
            BasicHeader.PutSequence(header, statSn, session.ExpCmdSn, session.MaxCmdSn);
        else
            BasicHeader.PutSequence(header, statSn, _loginCmdSn, _loginCmdSn + (uint)_target.Options.CommandWindow - 1);
    }

    /// <summary>Takes the next StatSN for a task's status.</summary>
    public uint TakeStatSn() => _statSn++;

    /// <summary>The next StatSN.</summary>
    public uint StatSn => _statSn;

    /// <summary>Takes a control PDU back.</summary>
    public void Recycle(ControlPdu pdu)
    {
        if (_freeControl.Count < MaximumQueuedControl)
            _freeControl.Push(pdu);
    }

    private void ScheduleFlush()
    {
        if (_isSending || _isFlushScheduled || _isAborted)
            return;
        _isFlushScheduled = true;
        _reactor.AtEndOfTurn(static connection => ((IscsiConnection)connection!).Flush(), this);
    }

    private void Flush()
    {
        _isFlushScheduled = false;
        while (!_isSending && !_isAborted && _output.Head is not null)
        {
            Fill();
            if (_batch.IsEmpty)
            {
                // Dropped tasks leave nothing to send, and nothing whose end would release them.
                ReleaseInFlight();
                continue;
            }

            _isSending = true;
            _target.Sends++;
            _sendStartedNs = _reactor.MonotonicNs;
            _sendAwaiter = _transport.SendAsync(_batch.Complete()).GetAwaiter();
            if (!_sendAwaiter.IsCompleted)
            {
                _sendAwaiter.UnsafeOnCompleted(_sendContinuation);
                return;
            }

            FinishSend();
        }
    }

    private void Fill()
    {
        while (_output.Head is { } item)
        {
            var outcome = item.Write(this, _batch);
            if (outcome == WriteOutcome.BatchIsFull)
                return;
            _output.Take();
            item.IsQueued = false;
            if (outcome == WriteOutcome.Finished)
                _inFlight.Append(item);
        }
    }

    private void OnSent()
    {
        FinishSend();
        if (_output.Head is not null)
            ScheduleFlush();
    }

    private void FinishSend()
    {
        var result = _sendAwaiter.GetResult();
        _sendAwaiter = default;
        _batch.Clear();
        _isSending = false;
        ReleaseInFlight();
        if (!result.IsOk)
            Drop("sending failed: " + result);
        if (!IsOutputBacklogged)
            _resume?.TrySetResult();
        _sendIdle?.TrySetResult();
    }

    private void ReleaseInFlight()
    {
        while (_inFlight.Take() is { } item)
            item.Release(this);
    }

    private async ValueTask WaitForSendAsync()
    {
        _sendIdle = new TaskCompletionSource();
        await _sendIdle.Task;
    }

    /// <summary>A queued control PDU is sent or dropped.</summary>
    public void OnControlReleased(int dataLength)
    {
        _queuedControl--;
        _queuedControlBytes -= dataLength;
    }

    private async ValueTask WaitForOutputAsync()
    {
        _resume = new TaskCompletionSource();
        if (IsOutputBacklogged && !_isAborted)
            await _resume.Task;
        _resume = null;
    }
}
