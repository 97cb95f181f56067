namespace Uss.Target.Iscsi;

// Ending tasks without an answer: task management, logout, the end of the connection.
internal sealed partial class IscsiSession
{
    private List<IscsiTask>? _dropped;

    /// <summary>Ends all tasks; those that run are waited for by <see cref="WaitForTasksAsync"/>.</summary>
    public void EndTasks()
    {
        _isEnding = true;
        ReleaseHeld();
        EndTaskManagement();
        for (var slot = 0; slot < _slotsInUse; slot++)
        {
            if (_tasks[slot] is { Phase: not TaskPhase.Responding } task)
                Drop(task);
        }

        while (_waiting.Take() is IscsiTask task)
            Recycle(task);
        if (_payload.Length > 0)
            _payload.Buffer.Release();
        _payload = default;
    }

    /// <summary>Completes when no task is with the device.</summary>
    public async ValueTask WaitForTasksAsync()
    {
        while (_running > 0)
        {
            _idle ??= new TaskCompletionSource();
            await _idle.Task;
            _idle = null;
        }
    }

    // Ends a task that was not answered yet. True: it runs, and only its end ends it.
    private bool Drop(IscsiTask task)
    {
        _hasDropped = true;
        FreeSlot(task);
        var phase = task.Phase;
        task.Phase = TaskPhase.Dropped;
        switch (phase)
        {
            case TaskPhase.Running:
                task.Command.IsAborted = true;
                (_dropped ??= []).Add(task);
                return true;
            case TaskPhase.Dormant:
                RemoveDormant(task);
                Recycle(task);
                return false;
            case TaskPhase.Receiving when !task.IsQueued:
                Recycle(task);
                return false;
            default:
                // In the queue of the connection or of waiting tasks: recycled when its turn comes.
                return false;
        }
    }

    // A command whose data segment was damaged never happened.
    private void Abandon(IscsiTask task)
    {
        if (task.Generation == _taskGeneration && task.Phase == TaskPhase.Receiving)
            Drop(task);
    }
}
