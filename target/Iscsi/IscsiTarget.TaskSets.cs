using Uss.Target.Scsi;

namespace Uss.Target.Iscsi;

// What the task sets of all sessions share.
public sealed partial class IscsiTarget : ITaskSets
{
    private ulong _lastOrder;
    private bool _isWaking;

    /// <summary>Tasks in the task sets that are not SIMPLE: while there are none, no task has to wait for another.</summary>
    internal int Constraints { get; set; }

    /// <summary>Tasks that wait for others to end.</summary>
    internal int DormantTasks { get; set; }

    /// <inheritdoc/>
    bool ITaskSets.AbortTasks(ScsiNexus victim, ScsiNexus nexus, ulong lun, ScsiCommand? except)
    {
        foreach (var session in _sessions)
        {
            if (ReferenceEquals(session.Nexus, victim))
                return session.AbortTasks(nexus, lun, except);
        }

        return false;
    }

    /// <summary>The place of the next task that enters a task set.</summary>
    internal ulong NextOrder() => ++_lastOrder;

    /// <summary>Looks at the dormant tasks in the next turn: whoever ends a task is in the middle of something.</summary>
    internal void WakeDormant()
    {
        if (_isWaking)
            return;
        _isWaking = true;
        _reactor.Post(
            static state =>
            {
                var target = (IscsiTarget)state!;
                target._isWaking = false;
                foreach (var session in target._sessions.ToArray())
                    session.StartDormant();
            },
            this);
    }
}
