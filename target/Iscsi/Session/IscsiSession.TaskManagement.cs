namespace Uss.Target.Iscsi;

// Task management (RFC 7143, 11.5 and 11.6). The answer says "complete" only once no ended task can reach media: tasks
// with the device are waited for, up to a bound after which the function is rejected.
internal sealed partial class IscsiSession
{
    // Most functions of a session that wait at a time.
    private const int MaximumTaskManagement = 32;

    private readonly List<TaskManagement> _taskManagement = [];

    private void OnTaskManagement(ReadOnlySpan<byte> header)
    {
        if (!TaskManagementRequest.TryParse(header, out var request))
            return;
        var function = (TaskManagementFunction)request.Function;
        if (_taskManagement.Count >= MaximumTaskManagement)
        {
            Answer(request, TaskManagementResult.Rejected);
            return;
        }

        switch (function)
        {
            case TaskManagementFunction.AbortTask:
                AbortTask(request);
                break;
            case TaskManagementFunction.AbortTaskSet:
            case TaskManagementFunction.ClearTaskSet:
            case TaskManagementFunction.LogicalUnitReset:
                if (_device.HasLogicalUnit(Nexus!, request.Lun))
                    EndMany(function, request);
                else
                    Answer(request, TaskManagementResult.LunDoesNotExist);
                break;
            case TaskManagementFunction.TargetWarmReset:
            case TaskManagementFunction.TargetColdReset:
                EndMany(function, request);
                break;
            case TaskManagementFunction.TaskReassign:
                Answer(request, TaskManagementResult.ReassignmentNotSupported);
                break;
            default:
                Answer(request, TaskManagementResult.NotSupported);
                break;
        }
    }

    private void AbortTask(in TaskManagementRequest request)
    {
        var slot = FindSlot(request.ReferencedTaskTag);
        var task = slot >= 0 ? _tasks[slot] : FindDropped(request.ReferencedTaskTag);
        if (task is null)
        {
            Answer(request, TryPlug(request) ? TaskManagementResult.Complete : TaskManagementResult.TaskDoesNotExist);
            return;
        }

        // A command that has its status is no longer in the task set: the answer to it is ahead of this one.
        if (task.Command.Lun != request.Lun || task.Phase == TaskPhase.Responding)
        {
            Answer(request, TaskManagementResult.TaskDoesNotExist);
            return;
        }

        var management = NewTaskManagement(TaskManagementFunction.AbortTask, request);
        EndTask(task, management);
        FinishIfDone(management);
    }

    // A command that has not arrived is aborted by using up its number (RFC 7143, 11.6.1).
    private bool TryPlug(in TaskManagementRequest request)
    {
        var cmdSn = request.RefCmdSn;
        if ((int)(cmdSn - ExpCmdSn) < 0 || (int)(MaxCmdSn - cmdSn) < 0 || (int)(request.CmdSn - cmdSn) <= 0)
            return false;
        if (_held?[cmdSn % MaximumWindow] is not null)
            return false;
        if (cmdSn == ExpCmdSn)
            AdvanceCmdSn();
        else
            HoldNothing(cmdSn);
        return true;
    }

    private void EndMany(TaskManagementFunction function, in TaskManagementRequest request)
    {
        var management = NewTaskManagement(function, request);
        if (function == TaskManagementFunction.AbortTaskSet)
        {
            EndMatching(management, this, request.Lun, isWholeTarget: false);
        }
        else
        {
            var isWholeTarget = function is TaskManagementFunction.TargetWarmReset or TaskManagementFunction.TargetColdReset;
            foreach (var session in _target.AllSessions)
                session.EndMatching(management, this, request.Lun, isWholeTarget);
        }

        FinishIfDone(management);
    }

    // Ends the tasks of this session that a function of another (or of this) session is about.
    private void EndMatching(TaskManagement management, IscsiSession origin, ulong lun, bool isWholeTarget)
    {
        if (Nexus is not { } nexus || origin.Nexus is not { } originNexus)
            return;
        for (var slot = 0; slot < _slotsInUse; slot++)
        {
            if (_tasks[slot] is { } task && (isWholeTarget || _device.IsSameLogicalUnit(nexus, task.Command.Lun, originNexus, lun)))
                EndTask(task, management);
        }

        for (var i = 0; i < (_dropped?.Count ?? 0); i++)
        {
            var task = _dropped![i];
            if (!(task.Waiters?.Contains(management) ?? false)
                && (isWholeTarget || _device.IsSameLogicalUnit(nexus, task.Command.Lun, originNexus, lun)))
            {
                Await(task, management);
            }
        }
    }

    private void EndTask(IscsiTask task, TaskManagement management)
    {
        switch (task.Phase)
        {
            case TaskPhase.Responding:
                // It has ended already: its answer is ahead of this one in the queue.
                return;
            case TaskPhase.Dropped:
                Await(task, management);
                return;
        }

        if (!ReferenceEquals(management.Session, this))
            management.Affected.Add(Nexus!);
        if (Drop(task))
            Await(task, management);
    }

    private static void Await(IscsiTask task, TaskManagement management)
    {
        (task.Waiters ??= []).Add(management);
        management.Remaining++;
    }

    private IscsiTask? FindDropped(uint tag) => _dropped?.Find(task => task.InitiatorTaskTag == tag);

    private TaskManagement NewTaskManagement(TaskManagementFunction function, in TaskManagementRequest request)
    {
        var deadlineNs = _reactor.MonotonicNs + IscsiConnection.Milliseconds(_target.Options.TaskEndTimeoutMs);
        var management = new TaskManagement(this, function, request, deadlineNs);
        _taskManagement.Add(management);
        return management;
    }

    private static void OnTaskEnded(List<TaskManagement>? waiters)
    {
        if (waiters is null)
            return;
        foreach (var management in waiters)
        {
            management.Remaining--;
            management.Session.FinishIfDone(management);
        }
    }

    private void FinishIfDone(TaskManagement management)
    {
        if (management.Remaining > 0 || management.IsFinished)
            return;
        management.IsFinished = true;
        _taskManagement.Remove(management);
        switch (management.Function)
        {
            case TaskManagementFunction.ClearTaskSet:
                _device.ClearTaskSet(Nexus!, management.Request.Lun, management.Affected);
                break;
            case TaskManagementFunction.LogicalUnitReset:
                _device.ResetLogicalUnit(Nexus!, management.Request.Lun);
                break;
            case TaskManagementFunction.TargetWarmReset:
            case TaskManagementFunction.TargetColdReset:
                _device.ResetTarget(Nexus!);
                break;
        }

        var isCold = management.Function == TaskManagementFunction.TargetColdReset;
        Answer(management.Request, TaskManagementResult.Complete, isCold ? AfterSend.Close : AfterSend.Nothing);
        if (isCold)
            _target.CloseAllBut(this, "a target cold reset was asked for");
    }

    private void TickTaskManagement(long nowNs)
    {
        for (var i = _taskManagement.Count - 1; i >= 0; i--)
        {
            var management = _taskManagement[i];
            if (nowNs < management.DeadlineNs)
                continue;
            management.IsFinished = true;
            _taskManagement.RemoveAt(i);
            Answer(management.Request, TaskManagementResult.Rejected);
        }
    }

    private void EndTaskManagement()
    {
        foreach (var management in _taskManagement)
            management.IsFinished = true;
        _taskManagement.Clear();
    }

    private void Answer(in TaskManagementRequest request, TaskManagementResult result, AfterSend after = AfterSend.Nothing)
    {
        var pdu = Connection.NewControl();
        new TaskManagementResponse { Response = (byte)result, InitiatorTaskTag = request.InitiatorTaskTag }.Write(pdu.Header);
        pdu.After = after;
        Connection.Enqueue(pdu);
    }
}
