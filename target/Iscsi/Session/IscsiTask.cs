using System.Runtime.CompilerServices;
using Uss.Target.Scsi;

namespace Uss.Target.Iscsi;

/// <summary>One SCSI command of a session, pooled: its request, its data-out as it arrives, and its answer as it leaves.</summary>
internal sealed partial class IscsiTask : OutputItem
{
    private readonly Action _continuation;
    private ValueTaskAwaiter _awaiter;

    /// <summary>Creates a task of a session's pool.</summary>
    public IscsiTask(IscsiSession session)
    {
        Session = session;
        _continuation = OnExecuted;
    }

    /// <summary>The session whose pool it belongs to.</summary>
    public IscsiSession Session { get; }

    /// <summary>The command for the device.</summary>
    public ScsiCommand Command { get; } = new();

    /// <summary>Where it stands.</summary>
    public TaskPhase Phase { get; set; }

    /// <summary>Index in the session's table, or -1.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>Counts uses of the object, so that tags and memories of earlier uses are told apart.</summary>
    public ushort Generation { get; set; }

    /// <summary>Initiator Task Tag.</summary>
    public uint InitiatorTaskTag { get; set; }

    /// <summary>CmdSN.</summary>
    public uint CmdSn { get; set; }

    /// <summary>Came for immediate delivery.</summary>
    public bool IsImmediate { get; set; }

    /// <summary>It is in the task set: all commands before it have arrived.</summary>
    public bool IsDelivered { get; set; }

    /// <summary>Its place among all tasks of the target that entered a task set.</summary>
    public ulong Order { get; set; }

    /// <summary>It is in the task set and not SIMPLE: others may have to wait for it.</summary>
    public bool IsConstraint { get; set; }

    /// <summary>The initiator expects data-in.</summary>
    public bool IsRead { get; set; }

    /// <summary>The initiator offers data-out.</summary>
    public bool IsWrite { get; set; }

    /// <summary>Expected Data Transfer Length in bytes.</summary>
    public uint ExpectedLength { get; set; }

    /// <summary>Bidirectional Expected Read Data Length in bytes (RFC 7143, 11.2.2.4).</summary>
    public uint BidirectionalReadLength { get; set; }

    /// <summary>Bytes of data-out that the command uses by its CDB.</summary>
    public long DeviceLength { get; set; }

    /// <summary>Bytes of data buffers that are accounted to it.</summary>
    public long ReservedBytes { get; set; }

    /// <summary>All the buffers that it needs are accounted for, not only those of what came unasked.</summary>
    public bool IsReserved { get; set; }

    /// <summary>What went wrong with its data-out.</summary>
    public DataOutFailure Failure { get; set; }

    /// <summary>Task management functions that wait for its end, or null.</summary>
    public List<TaskManagement>? Waiters { get; set; }

    /// <summary>Hands the command to the device.</summary>
    public void Execute(IScsiDevice device)
    {
        Phase = TaskPhase.Running;
        _awaiter = device.ExecuteAsync(Command).GetAwaiter();
        if (_awaiter.IsCompleted)
            OnExecuted();
        else
            _awaiter.UnsafeOnCompleted(_continuation);
    }

    /// <summary>Releases buffers and forgets the request.</summary>
    public void Reset()
    {
        if (Command.DataIn.Length > 0)
            Command.DataIn.Buffer.Release();
        ReleaseDataOut();
        Command.Reset();
        Phase = TaskPhase.Free;
        Generation++;
        Slot = -1;
        IsDelivered = false;
        BidirectionalReadLength = 0;
        DeviceLength = 0;
        ReservedBytes = 0;
        Failure = DataOutFailure.None;
        Waiters = null;
        ResetDataOut();
        ResetDataIn();
    }

    private void OnExecuted()
    {
        var awaiter = _awaiter;
        _awaiter = default;
        awaiter.GetResult();
        ReleaseDataOut();
        Session.OnExecuted(this);
    }
}
