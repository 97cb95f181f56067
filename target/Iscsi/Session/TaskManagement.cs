using Uss.Target.Scsi;

namespace Uss.Target.Iscsi;

/// <summary>Functions of task management (RFC 7143, 11.5.1).</summary>
internal enum TaskManagementFunction : byte
{
    /// <summary>ABORT TASK.</summary>
    AbortTask = 1,

    /// <summary>ABORT TASK SET.</summary>
    AbortTaskSet = 2,

    /// <summary>CLEAR ACA.</summary>
    ClearAca = 3,

    /// <summary>CLEAR TASK SET.</summary>
    ClearTaskSet = 4,

    /// <summary>LOGICAL UNIT RESET.</summary>
    LogicalUnitReset = 5,

    /// <summary>TARGET WARM RESET.</summary>
    TargetWarmReset = 6,

    /// <summary>TARGET COLD RESET.</summary>
    TargetColdReset = 7,

    /// <summary>TASK REASSIGN.</summary>
    TaskReassign = 8,
}

/// <summary>Responses of task management (RFC 7143, 11.6.1).</summary>
internal enum TaskManagementResult : byte
{
    /// <summary>Function complete.</summary>
    Complete = 0,

    /// <summary>Task does not exist.</summary>
    TaskDoesNotExist = 1,

    /// <summary>LUN does not exist.</summary>
    LunDoesNotExist = 2,

    /// <summary>Task allegiance reassignment not supported.</summary>
    ReassignmentNotSupported = 4,

    /// <summary>Task management function not supported.</summary>
    NotSupported = 5,

    /// <summary>Function rejected.</summary>
    Rejected = 255,
}

/// <summary>A task management function that waits for running tasks to end.</summary>
/// <param name="session">The session that asked for it.</param>
/// <param name="function">The function.</param>
/// <param name="request">The request.</param>
/// <param name="deadlineNs">When it is rejected at the latest, monotonic nanoseconds.</param>
internal sealed class TaskManagement(
    IscsiSession session, TaskManagementFunction function, TaskManagementRequest request, long deadlineNs)
{
    /// <summary>The session that asked for it.</summary>
    public IscsiSession Session { get; } = session;

    /// <summary>The function.</summary>
    public TaskManagementFunction Function { get; } = function;

    /// <summary>The request.</summary>
    public TaskManagementRequest Request { get; } = request;

    /// <summary>When it is rejected at the latest, monotonic nanoseconds.</summary>
    public long DeadlineNs { get; } = deadlineNs;

    /// <summary>Running tasks that it still waits for.</summary>
    public int Remaining { get; set; }

    /// <summary>Other nexuses whose tasks it ended.</summary>
    public HashSet<ScsiNexus> Affected { get; } = [];

    /// <summary>Its answer is out, or its session is over.</summary>
    public bool IsFinished { get; set; }
}
