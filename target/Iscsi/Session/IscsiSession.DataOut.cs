namespace Uss.Target.Iscsi;

// Data-Out PDUs: in order within their sequence (DataPDUInOrder=Yes), each checked against what was announced or asked
// for (RFC 7143, 11.7, 7.8 and 7.9).
internal sealed partial class IscsiSession
{
    private DataOut _dataOut;
    private int _requestIndex;

    private void BeginDataOut(ReadOnlySpan<byte> header)
    {
        if (!DataOut.TryParse(header, out _dataOut))
            return;
        var isSolicited = _dataOut.TargetTransferTag != BasicHeader.NoTag;
        var slot = isSolicited
            ? (int)((_dataOut.TargetTransferTag >> 4) & (Slots - 1))
            : FindSlot(_dataOut.InitiatorTaskTag);
        var task = slot < 0 ? null : _tasks[slot];
        var isExpected = task is { Phase: TaskPhase.Receiving }
            && (isSolicited
                ? task.InitiatorTaskTag == _dataOut.InitiatorTaskTag && task.TryFindRequest(_dataOut.TargetTransferTag, out _requestIndex)
                : task.AwaitsUnsolicited);
        if (!isExpected)
        {
            // Data of a task that has been ended is still on its way for a while.
            if (!_hasDropped)
            {
                _action = PduAction.Reject;
                _rejection = RejectReason.InvalidPduField;
            }

            return;
        }

        _action = PduAction.DataOut;
        _task = task;
        _taskGeneration = task!.Generation;
        if (!isSolicited)
            _requestIndex = -1;
        CheckDataOut(task);
        if (task.Failure == DataOutFailure.None && _dataOut.DataSegmentLength > 0)
            Connection.SetSink(task.Place(_dataOut.BufferOffset, _dataOut.DataSegmentLength));
    }

    private void CheckDataOut(IscsiTask task)
    {
        if (task.Failure != DataOutFailure.None)
            return;
        uint dataSn;
        uint offset;
        uint end;
        if (_requestIndex < 0)
        {
            dataSn = task.UnsolicitedDataSn;
            offset = task.UnsolicitedReceived;
            end = task.UnsolicitedLimit;
        }
        else
        {
            ref var request = ref task.Request(_requestIndex);
            dataSn = request.DataSn;
            offset = request.Offset + (uint)request.Received;
            end = request.Offset + (uint)request.Length;
        }

        if (_dataOut.DataSn != dataSn || _dataOut.BufferOffset != offset)
            task.Failure = DataOutFailure.DataLost;
        else if ((uint)_dataOut.DataSegmentLength > end - offset)
            task.Failure = DataOutFailure.IncorrectAmount;
    }

    private void EndDataOut(bool isIntact)
    {
        var task = _task!;
        if (task.Generation != _taskGeneration || task.Phase != TaskPhase.Receiving)
            return;
        if (!isIntact && task.Failure == DataOutFailure.None)
            task.Failure = DataOutFailure.DataLost;
        if (_requestIndex < 0)
            CountUnsolicited(task);
        else
            CountSolicited(task);
    }

    private void CountUnsolicited(IscsiTask task)
    {
        task.UnsolicitedDataSn++;
        task.UnsolicitedReceived += (uint)_dataOut.DataSegmentLength;
        if (!_dataOut.IsFinal)
            return;
        task.AwaitsUnsolicited = false;

        // Whoever sends unsolicited Data-Out fills the first burst (RFC 7143, 11.4.7.2).
        if (task.Failure == DataOutFailure.None
            && task.ExpectedLength > (uint)Parameters.UnsolicitedLimit
            && task.UnsolicitedReceived != (uint)Parameters.UnsolicitedLimit)
        {
            task.Failure = DataOutFailure.IncorrectAmount;
        }

        task.Solicited = (int)Math.Min(task.UnsolicitedReceived, (uint)task.Wanted);
        if (task.IsDelivered)
            Proceed(task);
    }

    private void CountSolicited(IscsiTask task)
    {
        ref var request = ref task.Request(_requestIndex);
        request.DataSn++;
        request.Received += _dataOut.DataSegmentLength;
        if (!_dataOut.IsFinal)
            return;
        task.CloseRequest(_requestIndex);
        if (task.Failure == DataOutFailure.None && request.Received != request.Length)
            task.Failure = DataOutFailure.IncorrectAmount;
        if (task.Failure != DataOutFailure.None)
        {
            // All that was asked for must have come before the answer (RFC 7143, 7.8).
            if (task.OutstandingR2T == 0)
                EndReceiving(task);
        }
        else if (task.Solicited < task.Wanted)
        {
            if (!task.IsQueued)
                Connection.Enqueue(task);
        }
        else if (task.OutstandingR2T == 0)
        {
            Start(task);
        }
    }

    // The task may still wait in the output queue for an R2T that it no longer needs; it is answered from there.
    private void EndReceiving(IscsiTask task)
    {
        if (task.IsQueued)
            task.FailsWhenWritten = true;
        else
            FailTask(task);
    }
}
