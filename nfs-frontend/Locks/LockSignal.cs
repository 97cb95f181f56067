namespace Uss.NfsFrontend.Locks;

/// <summary>Something that happens once and that any number of calls wait for; they go on one after the other, on the reactor.</summary>
internal sealed class LockSignal
{
    private readonly List<TaskCompletionSource> _waiting = [];

    // One source for each: a task runs only one of those who await it at once, and the others elsewhere.
    public Task WaitAsync()
    {
        var waiting = new TaskCompletionSource();
        _waiting.Add(waiting);
        return waiting.Task;
    }

    public void Set()
    {
        foreach (var waiting in _waiting.ToArray())
            waiting.SetResult();
    }
}
