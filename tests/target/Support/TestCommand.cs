using Uss.Target.Iscsi;
using Uss.Target.Scsi;

namespace Uss.Target.Tests.Support;

/// <summary>A SCSI command under way at a <see cref="TestInitiator"/>.</summary>
internal sealed class TestCommand
{
    private readonly TaskCompletionSource<TestCommand> _completion = new();
    private byte[] _dataIn = [];

    public required uint Tag { get; init; }

    /// <summary>What is sent as data-out when asked for.</summary>
    public byte[] DataOut { get; init; } = [];

    /// <summary>R2Ts are not answered, but kept in <see cref="Requests"/>.</summary>
    public bool KeepsRequests { get; init; }

    public List<TestPdu> Requests { get; } = [];

    /// <summary>Data-In PDUs and the response, in order.</summary>
    public List<TestPdu> Pdus { get; } = [];

    public ScsiStatus Status { get; private set; }

    public byte[] Sense { get; private set; } = [];

    /// <summary>Residual count: positive for underflow, negative for overflow.</summary>
    public long Residual { get; private set; }

    public byte[] DataIn => _dataIn;

    /// <summary>The connection ended before the answer.</summary>
    public bool IsLost { get; private set; }

    public bool IsDone => _completion.Task.IsCompleted;

    /// <summary>Sense key, code and qualifier, for example <c>0B/47/05</c>.</summary>
    public string SenseText => Sense.Length < 14 ? "" : $"{Sense[2] & 0xF:X2}/{Sense[12]:X2}/{Sense[13]:X2}";

    /// <summary>Completes with the answer (or the loss of the connection).</summary>
    public Task<TestCommand> Completion => _completion.Task;

    public void Fail()
    {
        IsLost = true;
        _completion.TrySetResult(this);
    }

    public bool Handle(TestInitiator initiator, TestPdu pdu)
    {
        switch (pdu.Opcode)
        {
            case Opcode.ReadyToTransfer:
                Requests.Add(pdu);
                if (!KeepsRequests)
                    initiator.AnswerRequest(this, pdu.AsReadyToTransfer());
                return true;
            case Opcode.DataIn:
                Take(pdu);
                if (pdu.AsDataIn() is { HasStatus: true } last)
                    Complete(initiator, last.Status, [], last.IsUnderflow ? last.Residual : last.IsOverflow ? -(long)last.Residual : 0);
                return true;
            case Opcode.ScsiResponse:
                Pdus.Add(pdu);
                var response = pdu.AsResponse();
                var residual = response.IsUnderflow ? response.Residual : response.IsOverflow ? -(long)response.Residual : 0;
                Complete(initiator, response.Status, pdu.Data.Length > 2 ? pdu.Data[2..] : [], residual);
                return true;
            default:
                return false;
        }
    }

    private void Take(TestPdu pdu)
    {
        Pdus.Add(pdu);
        var header = pdu.AsDataIn();
        var end = (int)header.BufferOffset + pdu.Data.Length;
        if (end > _dataIn.Length)
            Array.Resize(ref _dataIn, end);
        pdu.Data.CopyTo(_dataIn.AsSpan((int)header.BufferOffset));
    }

    private void Complete(TestInitiator initiator, byte status, byte[] sense, long residual)
    {
        Status = (ScsiStatus)status;
        Sense = sense;
        Residual = residual;
        initiator.Forget(this);
        _completion.TrySetResult(this);
    }
}
