using Uss.Target.Scsi;

namespace Uss.Target.Iscsi;

// The answer: Data-In PDUs, the status in the last of them when it is GOOD, else a SCSI Response (RFC 7143, 11.4, 11.7).
internal sealed partial class IscsiTask
{
    private int _sent;
    private int _burstSent;
    private uint _dataSn;

    /// <inheritdoc/>
    public override WriteOutcome Write(IscsiConnection connection, OutputBatch batch)
    {
        switch (Phase)
        {
            case TaskPhase.Receiving:
                if (!FailsWhenWritten)
                    return WriteRequests(connection, batch);
                Session.SetFailure(this);
                return WriteAnswer(connection, batch);
            case TaskPhase.Responding:
                return WriteAnswer(connection, batch);
            default:
                return WriteOutcome.Finished;
        }
    }

    /// <inheritdoc/>
    public override void Release(IscsiConnection connection) => Session.Recycle(this);

    private WriteOutcome WriteAnswer(IscsiConnection connection, OutputBatch batch)
    {
        var length = IsRead && !IsWrite ? (int)Math.Min((uint)Command.DataIn.Length, ExpectedLength) : 0;
        var residual = ResidualOf(length, out var isOverflow, out var isUnderflow);
        while (_sent < length)
        {
            if (!batch.HasRoom)
                return WriteOutcome.BatchIsFull;
            WriteData(connection, batch, length, residual, isOverflow, isUnderflow);
            if (_sent == length && Command.Status == ScsiStatus.Good)
            {
                Session.OnAnswered(this, length);
                return WriteOutcome.Finished;
            }
        }

        if (!batch.HasRoom)
            return WriteOutcome.BatchIsFull;
        Session.OnStatusTaken(this);
        var header = batch.NextHeader;
        var sense = Command.Sense[..Command.SenseLength];
        new ScsiResponse
        {
            InitiatorTaskTag = InitiatorTaskTag,
            Status = (byte)Command.Status,
            IsOverflow = isOverflow,
            IsUnderflow = isUnderflow,
            Residual = residual,
            IsBidirectionalReadUnderflow = IsRead && IsWrite && BidirectionalReadLength > 0,
            BidirectionalReadResidual = IsRead && IsWrite ? BidirectionalReadLength : 0,
            StatSn = connection.TakeStatSn(),
            ExpCmdSn = Session.ExpCmdSn,
            MaxCmdSn = Session.MaxCmdSn,
            ExpDataSn = _dataSn + R2TSn,
            DataSegmentLength = sense.Length == 0 ? 0 : sense.Length + 2,
        }.Write(header);
        if (sense.Length == 0)
        {
            batch.Add(header);
        }
        else
        {
            // SenseLength, then the sense data (11.4.7).
            Span<byte> data = stackalloc byte[2 + ScsiCommand.SenseCapacity];
            BasicHeader.PutUInt16(data, 0, (ushort)sense.Length);
            sense.CopyTo(data[2..]);
            batch.AddWithCopy(header, data[..(2 + sense.Length)]);
        }

        Session.OnAnswered(this, length);
        return WriteOutcome.Finished;
    }

    private void WriteData(
        IscsiConnection connection, OutputBatch batch, int length, uint residual, bool isOverflow, bool isUnderflow)
    {
        var parameters = Session.Parameters;
        var segment = Math.Min(length - _sent, parameters.InitiatorMaxRecvDataSegmentLength);
        segment = Math.Min(segment, parameters.MaxBurstLength - _burstSent);
        var isLast = _sent + segment == length;
        var hasStatus = isLast && Command.Status == ScsiStatus.Good;
        if (hasStatus)
            Session.OnStatusTaken(this);
        var endsBurst = isLast || _burstSent + segment == parameters.MaxBurstLength;
        var header = batch.NextHeader;
        new DataIn
        {
            IsFinal = endsBurst,
            HasStatus = hasStatus,
            IsOverflow = hasStatus && isOverflow,
            IsUnderflow = hasStatus && isUnderflow,
            Residual = hasStatus ? residual : 0,
            InitiatorTaskTag = InitiatorTaskTag,
            TargetTransferTag = BasicHeader.NoTag,
            StatSn = hasStatus ? connection.TakeStatSn() : 0,
            ExpCmdSn = Session.ExpCmdSn,
            MaxCmdSn = Session.MaxCmdSn,
            DataSn = _dataSn++,
            BufferOffset = (uint)_sent,
            DataSegmentLength = segment,
        }.Write(header);
        batch.AddWithData(header, Command.DataIn.Slice(_sent, segment));
        _sent += segment;
        _burstSent = endsBurst ? 0 : _burstSent + segment;
    }

    /// <summary>
    /// The residual count (RFC 7143, 11.4.5): by how much the transfer that the command asked for misses what the
    /// initiator expected in that direction.
    /// </summary>
    private uint ResidualOf(int dataInLength, out bool isOverflow, out bool isUnderflow)
    {
        long expected = IsRead || IsWrite ? ExpectedLength : 0;
        long actual;
        if (IsRead && IsWrite)
            actual = 0;
        else if (IsWrite)
            actual = DeviceLength > 0 ? Command.TransferLength : 0;
        else if (IsRead)
            actual = dataInLength == 0 && Command.TransferLength > 0 && Session.IsDataOutCommand(this) ? 0 : Command.TransferLength;
        else
            actual = Command.TransferLength;
        isOverflow = actual > expected;
        isUnderflow = actual < expected;
        return (uint)Math.Min(Math.Abs(actual - expected), uint.MaxValue);
    }

    private void ResetDataIn()
    {
        _sent = 0;
        _burstSent = 0;
        _dataSn = 0;
    }
}
