using Uss.Runtime;

namespace Uss.Target.Iscsi;

// Data buffers: planned when a command arrives, bounded per session and for the whole target. A command that finds no
// room waits; no R2T is sent for it until then. One command of a session is always let through, so that all of them
// come to an end.
internal sealed partial class IscsiSession
{
    private void PlanData(IscsiTask task, in ScsiRequest request)
    {
        if (!request.IsWrite)
        {
            task.Failure = request.DataSegmentLength > 0 || !request.IsFinal
                ? DataOutFailure.UnexpectedUnsolicitedData
                : DataOutFailure.None;
            return;
        }

        if (request.IsRead)
        {
            task.Failure = DataOutFailure.Bidirectional;
            return;
        }

        task.DeviceLength = _device.DataOutLength(task.Command);
        var wanted = Math.Min(task.DeviceLength, request.ExpectedDataTransferLength);
        var limit = Math.Min((uint)Parameters.UnsolicitedLimit, request.ExpectedDataTransferLength);
        if (wanted > BufferPool.MaximumBytes)
            task.Failure = DataOutFailure.TooLong;
        else if ((request.DataSegmentLength > 0 && !Parameters.ImmediateData) || (!request.IsFinal && Parameters.InitialR2T))
            task.Failure = DataOutFailure.UnexpectedUnsolicitedData;
        else if (request.DataSegmentLength > limit)
            task.Failure = DataOutFailure.IncorrectAmount;
        if (task.Failure != DataOutFailure.None)
            return;

        task.Wanted = (int)wanted;
        task.UnsolicitedLimit = limit;
        task.UnsolicitedReceived = (uint)request.DataSegmentLength;
        task.AwaitsUnsolicited = !request.IsFinal;
        var unsolicited = (int)Math.Min(wanted, request.IsFinal ? request.DataSegmentLength : limit);
        task.Solicited = unsolicited;
        if (unsolicited == 0)
            return;

        // What comes unasked needs a place in any case; its amount is bounded by window and FirstBurstLength.
        if (!TryReserve(task))
            Attach(task, unsolicited);
    }

    private bool TryReserve(IscsiTask task, bool isNext = false)
    {
        var needed = task.IsWrite ? task.Wanted : task.Command.DataInLimit;
        if (needed <= task.ReservedBytes)
            return true;
        var more = needed - task.ReservedBytes;
        var isFirst = _reserved == _dormantReserved;
        if (!isFirst && !isNext && _waiting.Head is not null)
            return false;
        if (!isFirst && (DataBytes + more > _target.Options.SessionDataBytes || _target.DataBytes + more > _target.Options.TotalDataBytes))
            return false;
        if (task.IsWrite)
            Attach(task, needed);
        else
            Account(task, needed);
        task.IsReserved = true;
        _reserved++;
        return true;
    }

    private void Attach(IscsiTask task, int length)
    {
        var buffer = _reactor.Buffers.Rent(length).Slice(0, length);
        if (task.Data.Length > 0)
        {
            task.Data.Span.CopyTo(buffer.Span);
            task.ReleaseDataOut();
        }

        task.SetData(buffer);
        Account(task, length);
    }

    private void Account(IscsiTask task, long bytes)
    {
        var more = bytes - task.ReservedBytes;
        task.ReservedBytes = bytes;
        DataBytes += more;
        _target.DataBytes += more;
    }

    private void Release(IscsiTask task)
    {
        if (task.IsReserved)
            _reserved--;
        task.IsReserved = false;
        DataBytes -= task.ReservedBytes;
        _target.DataBytes -= task.ReservedBytes;
        task.ReservedBytes = 0;
    }

    private void Park(IscsiTask task)
    {
        task.Phase = TaskPhase.Waiting;
        _waiting.Append(task);
    }

    private void StartWaiting()
    {
        if (_isEnding)
            return;
        while (_waiting.Head is IscsiTask task)
        {
            if (task.Phase == TaskPhase.Dropped)
            {
                _waiting.Take();
                Recycle(task);
                return;
            }

            if (!TryReserve(task, isNext: true))
                return;
            _waiting.Take();
            task.Phase = TaskPhase.Receiving;
            Proceed(task);
        }
    }
}
