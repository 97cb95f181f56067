using System.Runtime.CompilerServices;

namespace Uss.Runtime.Threaded;

/// <summary>Pooled watcher of one task of <see cref="Reactor.Spawn"/>: collects its end and reports its exception.</summary>
internal sealed class SpawnedTask
{
    private readonly ThreadedReactor _reactor;
    private readonly Stack<SpawnedTask> _pool;
    private readonly Action _onCompleted;
    private ValueTaskAwaiter _awaiter;

    internal SpawnedTask(ThreadedReactor reactor, Stack<SpawnedTask> pool)
    {
        _reactor = reactor;
        _pool = pool;
        _onCompleted = OnCompleted;
    }

    internal void Watch(ValueTask task)
    {
        _awaiter = task.GetAwaiter();
        _awaiter.UnsafeOnCompleted(_onCompleted);
    }

    private void OnCompleted()
    {
        var awaiter = _awaiter;
        _awaiter = default;
        if (_reactor.IsCurrent)
            _pool.Push(this);
        _reactor.Collect(awaiter);
    }
}
