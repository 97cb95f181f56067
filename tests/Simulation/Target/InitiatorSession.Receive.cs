using Uss.Runtime.Simulated;
using Uss.Simulation.Blocks;
using Uss.Target.Iscsi;

namespace Uss.Simulation.Target;

/// <summary>What the target sends, and task management.</summary>
internal sealed partial class InitiatorSession
{
    private const byte AbortTask = 1;
    private const byte LogicalUnitReset = 5;
    private const long ManagementTimeoutNs = 15_000_000_000;

    private SimulatedWait<int>? _management;

    /// <summary>LOGICAL UNIT RESET; nothing of the commands before it happens after this is answered.</summary>
    public async ValueTask ResetUnitAsync()
    {
        if (_management is not null || IsOver)
            return;
        var before = _commands.Values.ToArray();
        if (await ManageAsync(LogicalUnitReset, null) != 0)
            return;
        foreach (var command in before)
            Fail(command);
    }

    private async ValueTask AbortAsync(InitiatorCommand command)
    {
        while (_management is not null)
        {
            await _reactor.DelayAsync(1_000_000);
            if (command.IsEnded || IsOver)
                return;
        }

        // Function complete, or the task is unknown: its answer came before this one, or it never will.
        if (await ManageAsync(AbortTask, command) is 0 or 1)
            Fail(command);
    }

    private void Fail(InitiatorCommand command)
    {
        _commands.Remove(command.Tag);
        command.End(BlockOutcome.Failed);
    }

    /// <summary>Sends a task management function; its response code, or -1 after ending the session.</summary>
    private async ValueTask<int> ManageAsync(byte function, InitiatorCommand? command)
    {
        var wait = _management = new SimulatedWait<int>();
        Span<byte> header = stackalloc byte[BasicHeader.Size];
        new TaskManagementRequest
        {
            IsImmediate = true,
            Function = function,
            InitiatorTaskTag = _nextTag++,
            ReferencedTaskTag = command?.Tag ?? BasicHeader.NoTag,
            RefCmdSn = command?.CommandSequence ?? 0,
            CmdSn = _commandSequence,
            ExpStatSn = _expectedStatus,
        }.Write(header);
        _transport.Send(header);
        var timer = _reactor.Schedule(ManagementTimeoutNs, static state => ((InitiatorSession)state!)._transport.Break(), this);
        var response = await wait.Task;
        timer.Cancel();
        if (response is not (0 or 1))
            _transport.Break();
        return response;
    }

    private async ValueTask ReceiveAsync()
    {
        while (true)
        {
            var (isOk, header, length) = await _transport.ReceiveAsync(_header);
            if (!isOk || !Handle(header.Span, length))
                break;
        }

        _isReceiving = false;
        Over();
        _transport.Break();
    }

    /// <summary>Handles a PDU; false when the session is to end.</summary>
    private bool Handle(ReadOnlySpan<byte> header, int length)
    {
        _lastCommandSequence = Later(_lastCommandSequence, BasicHeader.GetUInt32(header, BasicHeader.StatSnOffset + 8));
        if (DataIn.TryParse(header, out var data))
        {
            OnData(data, length);
            return true;
        }

        if (ReadyToTransfer.TryParse(header, out var request))
        {
            if (_commands.TryGetValue(request.InitiatorTaskTag, out var command))
                SendData(command, request.TargetTransferTag, (int)request.BufferOffset, (int)request.DesiredDataTransferLength);
            return true;
        }

        var statusSequence = BasicHeader.GetUInt32(header, BasicHeader.StatSnOffset);
        if (ScsiResponse.TryParse(header, out var response))
        {
            CountStatus(statusSequence);
            OnResponse(response, length);
            return true;
        }

        if (TaskManagementResponse.TryParse(header, out var management))
        {
            CountStatus(statusSequence);
            var wait = _management;
            _management = null;
            wait?.Complete(management.Response);
            return true;
        }

        if (!NopIn.TryParse(header, out var ping))
            return false;
        if (ping.TargetTransferTag != BasicHeader.NoTag)
            AnswerPing(ping);
        return true;
    }

    private void OnData(in DataIn data, int length)
    {
        if (data.HasStatus)
            CountStatus(data.StatSn);
        if (!_commands.TryGetValue(data.InitiatorTaskTag, out var command))
            return;
        if (data.BufferOffset + length > command.DataIn.Length)
            throw new SimulationException("the target sends more data than was asked for");
        _transport.Data(length).CopyTo(command.DataIn.Span[(int)data.BufferOffset..]);
        command.Received += length;
        if (!data.HasStatus)
            return;
        _commands.Remove(command.Tag);
        EndGood(command);
    }

    private void OnResponse(in ScsiResponse response, int length)
    {
        if (!_commands.Remove(response.InitiatorTaskTag, out var command))
            return;

        // The sense data follows its length; key and additional code of the fixed or the descriptor format.
        var sense = length > 2 ? _transport.Data(length)[2..] : default;
        var isFixed = sense.Length > 13 && (sense[0] & 0x7F) is 0x70 or 0x71;
        var key = sense.Length == 0 ? 0 : isFixed ? sense[2] & 0xF : sense[1] & 0xF;
        var additional = sense.Length == 0 ? 0 : isFixed ? (sense[12] << 8) | sense[13] : (sense[2] << 8) | sense[3];
        switch (response.Response == 0 ? response.Status : 0xFF)
        {
            case 0x00:
                EndGood(command);
                break;
            case 0x02 when key == 0xE:
                command.End(BlockOutcome.Miscompare);
                break;

            // UNIT ATTENTION, SPACE ALLOCATION FAILED, BUSY and TASK SET FULL come before anything was done.
            case 0x02 when key == 0x6 || additional == 0x2707:
            case 0x08 or 0x28:
                command.End(BlockOutcome.Refused);
                break;
            case 0x02 when key == 0x5:
                throw new SimulationException($"the target refuses a command as illegal, additional sense {additional:x4}");
            default:
                command.End(BlockOutcome.Failed);
                break;
        }
    }

    private static void EndGood(InitiatorCommand command)
    {
        if (command.Received != command.DataIn.Length)
            throw new SimulationException($"the target ends a read of {command.DataIn.Length} bytes well after {command.Received}");
        command.End(BlockOutcome.Done);
    }

    private void AnswerPing(in NopIn ping)
    {
        Span<byte> header = stackalloc byte[BasicHeader.Size];
        new NopOut
        {
            IsImmediate = true,
            Lun = ping.Lun,
            InitiatorTaskTag = BasicHeader.NoTag,
            TargetTransferTag = ping.TargetTransferTag,
            CmdSn = _commandSequence,
            ExpStatSn = _expectedStatus,
        }.Write(header);
        _transport.Send(header);
    }

    private void CountStatus(uint sequence)
    {
        if (sequence != _expectedStatus)
            throw new SimulationException($"the target numbers a status {sequence} where {_expectedStatus} follows");
        _expectedStatus++;
    }

    private static uint Later(uint first, uint second) => (int)(second - first) > 0 ? second : first;
}
