using Uss.Target.Scsi;

namespace Uss.Target.Iscsi;

// Task attributes (SAM-5, 8.6). As long as all tasks are SIMPLE, as nearly always, each starts when its data is there.
// Otherwise a task that has all its data may have to stay dormant until others have ended.
internal sealed partial class IscsiSession
{
    // As SAM-5 codes them.
    private const byte HeadOfQueue = 1;
    private const byte Ordered = 2;

    private List<IscsiTask>? _dormant;
    private int _dormantReserved;

    /// <summary>Starts the dormant tasks that no longer have to wait.</summary>
    public void StartDormant()
    {
        // Backwards would turn the order of those that may start together.
        for (var i = 0; i < (_dormant?.Count ?? 0);)
        {
            var task = _dormant![i];
            if (MustWait(task))
            {
                i++;
                continue;
            }

            RemoveDormant(task);
            Run(task);
        }
    }

    /// <summary>Aborts this session's tasks in a logical unit, but for one; true when there was any.</summary>
    public bool AbortTasks(ScsiNexus nexus, ulong lun, ScsiCommand? except)
    {
        var isAny = false;
        for (var slot = 0; slot < _slotsInUse; slot++)
        {
            if (_tasks[slot] is not { Phase: not TaskPhase.Responding } task || ReferenceEquals(task.Command, except))
                continue;
            if (!_device.IsSameLogicalUnit(Nexus!, task.Command.Lun, nexus, lun))
                continue;
            isAny = true;
            Drop(task);
        }

        return isAny;
    }

    // The task enters the task set: from here on its attribute counts.
    private void Enlist(IscsiTask task)
    {
        task.Order = _target.NextOrder();
        task.IsConstraint = task.Command.TaskAttribute is HeadOfQueue or Ordered;
        if (task.IsConstraint)
            _target.Constraints++;
    }

    private void Delist(IscsiTask task)
    {
        if (task.IsConstraint)
            _target.Constraints--;
        task.IsConstraint = false;
        if (_target.DormantTasks > 0)
            _target.WakeDormant();
    }

    private void Sleep(IscsiTask task)
    {
        task.Phase = TaskPhase.Dormant;
        (_dormant ??= []).Add(task);
        _target.DormantTasks++;
        if (!task.IsReserved)
            return;

        // What it holds does not come free until others have ended, so it must not be in the way of their buffers.
        _dormantReserved++;
        if (_waiting.Head is not null)
            StartWaiting();
    }

    private void RemoveDormant(IscsiTask task)
    {
        _dormant!.Remove(task);
        _target.DormantTasks--;
        if (task.IsReserved)
            _dormantReserved--;
    }

    // SAM-5, 8.6.2 to 8.6.4. Of other sessions only tasks that have all their data count: between nexuses nobody can tell
    // which came first, and an initiator that keeps its data back must not hold up the others.
    private bool MustWait(IscsiTask task)
    {
        var attribute = task.Command.TaskAttribute;
        if (attribute == HeadOfQueue)
            return false;
        foreach (var session in _target.AllSessions)
        {
            if (session.Nexus is not { } nexus)
                continue;
            var isOwn = ReferenceEquals(session, this);
            for (var slot = 0; slot < session._slotsInUse; slot++)
            {
                if (session._tasks[slot] is not { IsDelivered: true } other || ReferenceEquals(other, task))
                    continue;
                if (other.Phase == TaskPhase.Responding || !(isOwn || other.Phase is TaskPhase.Running or TaskPhase.Dormant))
                    continue;
                var isBefore = other.Command.TaskAttribute switch
                {
                    HeadOfQueue => true,
                    Ordered => other.Order < task.Order,
                    _ => attribute == Ordered && other.Order < task.Order,
                };
                if (isBefore && _device.IsSameLogicalUnit(Nexus!, task.Command.Lun, nexus, other.Command.Lun))
                    return true;
            }
        }

        return false;
    }
}
