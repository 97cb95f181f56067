using Uss.Runtime;
using Uss.Target.Scsi;

namespace Uss.Target.Iscsi;

// SCSI commands: admission, tags, memory, execution (RFC 7143, 11.3).
internal sealed partial class IscsiSession
{
    private const int MaximumWindow = 128;
    private const int MaximumImmediate = 32;

    // A tag has 8 bits for it.
    private const int Slots = 256;

    private readonly IscsiTask?[] _tasks = new IscsiTask?[Slots];

    // The tags of the tasks in _tasks: searched as one vector operation per few tags instead of a dictionary.
    private readonly uint[] _tags = new uint[Slots];
    private readonly byte[] _freeSlots = new byte[Slots];
    private readonly Stack<IscsiTask> _freeTasks = new();
    private OutputList _waiting;
    private int _freeSlotCount;
    private int _slotsInUse;
    private int _immediate;
    private int _running;
    private int _reserved;
    private long _commands;
    private long _bytesRead;
    private long _bytesWritten;
    private bool _isEnding;
    private bool _hasDropped;
    private TaskCompletionSource? _idle;

    private void BeginCommand(ReadOnlySpan<byte> header, ReadOnlySpan<byte> additional)
    {
        _admission = Admit(header);
        if (_admission == Admission.Ignore || !ScsiRequest.TryParse(header, out var request))
            return;
        if (!TryReadAdditional(additional, out var bidirectionalReadLength))
        {
            Connection.Drop("additional header segments are malformed");
            return;
        }

        if (request.InitiatorTaskTag == BasicHeader.NoTag)
        {
            BeginRejected(header, RejectReason.InvalidPduField);
            return;
        }

        if (FindSlot(request.InitiatorTaskTag) >= 0)
        {
            BeginRejected(header, RejectReason.TaskInProgress);
            return;
        }

        if (request.IsImmediate && _immediate >= MaximumImmediate)
        {
            BeginRejected(header, RejectReason.TooManyImmediateCommands);
            return;
        }

        var task = NewTask(request);
        task.BidirectionalReadLength = bidirectionalReadLength;
        _action = PduAction.Command;
        _task = task;
        _taskGeneration = task.Generation;
        PlanData(task, request);
        if (request.DataSegmentLength > 0)
            Connection.SetSink(task.Place(0, request.DataSegmentLength));
    }

    private IscsiTask NewTask(in ScsiRequest request)
    {
        var task = _freeTasks.Count > 0 ? _freeTasks.Pop() : new IscsiTask(this);
        Invariant.Check(_freeSlotCount > 0);
        var slot = _freeSlots[--_freeSlotCount];
        _slotsInUse = Math.Max(_slotsInUse, slot + 1);
        _tasks[slot] = task;
        _tags[slot] = request.InitiatorTaskTag;
        task.Slot = slot;
        task.Phase = TaskPhase.Receiving;
        task.InitiatorTaskTag = request.InitiatorTaskTag;
        task.CmdSn = request.CmdSn;
        task.IsImmediate = request.IsImmediate;
        task.IsRead = request.IsRead;
        task.IsWrite = request.IsWrite;
        task.ExpectedLength = request.ExpectedDataTransferLength;
        if (request.IsImmediate)
            _immediate++;
        var command = task.Command;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(command.Cdb, request.Cdb);
        command.Lun = request.Lun;
        command.Nexus = Nexus!;
        command.TaskAttribute = AttributeOf(request.Attribute);
        command.DataOutOffered = request is { IsWrite: true, IsRead: false } ? request.ExpectedDataTransferLength : 0;
        command.DataInLimit = request is { IsRead: true, IsWrite: false }
            ? (int)Math.Min(request.ExpectedDataTransferLength, BufferPool.MaximumBytes)
            : 0;
        return task;
    }

    // iSCSI's code (RFC 7143, 11.3.1.1) into SAM-5's: untagged counts as simple.
    private static byte AttributeOf(byte attribute) => attribute switch
    {
        2 => 2,
        3 => 1,
        4 => 4,
        _ => 0,
    };

    private static bool TryReadAdditional(ReadOnlySpan<byte> additional, out uint bidirectionalReadLength)
    {
        bidirectionalReadLength = 0;
        while (!additional.IsEmpty)
        {
            // AHSLength counts what follows its type byte, without padding (RFC 7143, 11.2.2.1).
            var length = 3 + BasicHeader.GetUInt16(additional, 0);
            var padded = length + BasicHeader.PaddingOf(length);
            if (padded > additional.Length)
                return false;
            const byte BidirectionalReadData = 2;
            if ((additional[2] & 0x3F) == BidirectionalReadData)
            {
                if (length != 8)
                    return false;
                bidirectionalReadLength = BasicHeader.GetUInt32(additional, 4);
            }

            additional = additional[padded..];
        }

        return true;
    }

    private void EndCommand()
    {
        // Another session's reset may have ended the task while its data came in; its number is used up all the same.
        var task = _task!;
        var isAlive = task.Generation == _taskGeneration && task.Phase == TaskPhase.Receiving;
        switch (_admission)
        {
            case Admission.Now:
                if (isAlive)
                    Deliver(task);
                AdvanceCmdSn();
                break;
            case Admission.Later:
                Hold(BasicHeader.CmdSn(_header), isAlive ? task : Nothing);
                break;
            default:
                if (isAlive)
                    Deliver(task);
                break;
        }
    }

    // The command enters the task set.
    private void Deliver(IscsiTask task)
    {
        task.IsDelivered = true;
        if (!task.IsImmediate)
            _outstanding++;
        Enlist(task);
        if (!task.AwaitsUnsolicited)
            Proceed(task);
    }

    // Nothing unsolicited is awaited any more: ask for what is missing, or execute.
    private void Proceed(IscsiTask task)
    {
        if (task.Failure != DataOutFailure.None)
            FailTask(task);
        else if (!TryReserve(task))
            Park(task);
        else if (task.Solicited < task.Wanted)
            Connection.Enqueue(task);
        else
            Start(task);
    }

    private void Start(IscsiTask task)
    {
        if (_target.Constraints > 0 && MustWait(task))
            Sleep(task);
        else
            Run(task);
    }

    private void Run(IscsiTask task)
    {
        task.Command.DataOut = task.Data;
        _running++;
        task.Execute(_device);
    }

    /// <summary>The device is done with a command.</summary>
    public void OnExecuted(IscsiTask task)
    {
        _running--;
        if (task.Phase == TaskPhase.Running)
        {
            task.Phase = TaskPhase.Responding;
            Connection.Enqueue(task);
            if (_target.DormantTasks > 0)
                _target.WakeDormant();
        }
        else
        {
            _dropped?.Remove(task);
            var waiters = task.Waiters;
            Recycle(task);
            OnTaskEnded(waiters);
        }

        if (_running == 0)
            _idle?.TrySetResult();
    }

    // The transport answers itself: data-out did not come as it should.
    private void FailTask(IscsiTask task)
    {
        SetFailure(task);
        Connection.Enqueue(task);
    }

    /// <summary>Turns the task's failure into its answer.</summary>
    public void SetFailure(IscsiTask task)
    {
        var command = task.Command;
        var (key, code, qualifier) = task.Failure switch
        {
            DataOutFailure.UnexpectedUnsolicitedData => (AbortedCommand, 0x0C, 0x0C),
            DataOutFailure.IncorrectAmount => (AbortedCommand, 0x0C, 0x0D),
            DataOutFailure.DataLost => (AbortedCommand, 0x47, 0x05),
            DataOutFailure.TooLong => (IllegalRequest, 0x24, 0x00),
            _ => (IllegalRequest, 0x0E, 0x03),
        };
        command.Status = ScsiStatus.CheckCondition;
        command.SenseLength = 18;
        var sense = command.Sense[..18];
        sense.Clear();

        // Fixed format, current error (SPC-4, 4.5.3).
        sense[0] = 0x70;
        sense[2] = key;
        sense[7] = 10;
        sense[12] = (byte)code;
        sense[13] = (byte)qualifier;
        task.ReleaseDataOut();
        task.Phase = TaskPhase.Responding;
        _hasDropped = true;
    }

    private const byte AbortedCommand = 0x0B;
    private const byte IllegalRequest = 0x05;

    /// <summary>True when the command takes data-out by its CDB.</summary>
    public bool IsDataOutCommand(IscsiTask task) => _device.DataOutLength(task.Command) > 0;

    /// <summary>The status of a task is being written: its tag is free again and the window opens.</summary>
    public void OnStatusTaken(IscsiTask task) => FreeSlot(task);

    /// <summary>The whole answer was written.</summary>
    public void OnAnswered(IscsiTask task, int dataInLength)
    {
        _commands++;
        _bytesRead += dataInLength;
        if (task.Command.Status == ScsiStatus.Good)
            _bytesWritten += task.Wanted;
    }

    /// <summary>Nobody uses the task any more.</summary>
    public void Recycle(IscsiTask task)
    {
        if (task.ReservedBytes > 0)
            Release(task);
        if (task.Slot >= 0)
            FreeSlot(task);
        task.Reset();
        _freeTasks.Push(task);
        if (_waiting.Head is not null)
            StartWaiting();
    }

    private void FreeSlot(IscsiTask task)
    {
        var slot = task.Slot;
        task.Slot = -1;
        _tasks[slot] = null;
        _tags[slot] = BasicHeader.NoTag;
        _freeSlots[_freeSlotCount++] = (byte)slot;
        if (task.IsDelivered)
            Delist(task);
        if (task.IsImmediate)
            _immediate--;
        else if (task.IsDelivered)
            _outstanding--;
        else if (_held is not null && ReferenceEquals(_held[task.CmdSn % MaximumWindow], task))
            _held[task.CmdSn % MaximumWindow] = Nothing;
    }

    private int FindSlot(uint tag) => tag == BasicHeader.NoTag ? -1 : _tags.AsSpan(0, _slotsInUse).IndexOf(tag);
}
