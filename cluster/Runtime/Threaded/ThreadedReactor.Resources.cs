namespace Uss.Runtime.Threaded;

public abstract partial class ThreadedReactor
{
    private readonly HashSet<IReactorResource> _resources = [];
    private int _offThread;

    internal void Register(IReactorResource resource)
    {
        Invariant.Check(_resources.Add(resource));

        // It was under way when the reactor began to stop.
        if (IsStopping)
            resource.Stop();
    }

    internal void Unregister(IReactorResource resource) => Invariant.Check(_resources.Remove(resource));

    /// <summary>Runs blocking work on the thread pool and completes on this reactor. Allocates: for rare calls.</summary>
    internal Task<T> RunOffThreadAsync<T>(Func<T> work)
    {
        Invariant.Check(IsCurrent);
        _offThread++;
        var completion = new TaskCompletionSource<T>();
        ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                var result = work();
                Post(
                    _ =>
                    {
                        _offThread--;
                        completion.SetResult(result);
                    },
                    null);
            },
            null);
        return completion.Task;
    }

    private void StopResources()
    {
        foreach (var resource in _resources.ToArray())
            resource.Stop();
    }

    private bool HasFinished() => _resources.Count == 0 && _offThread == 0 && TryFinish();
}
