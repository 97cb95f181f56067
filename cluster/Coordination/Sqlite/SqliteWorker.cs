using System.Collections.Concurrent;
using Uss.Runtime;

namespace Uss.Coordination.Sqlite;

/// <summary>The thread that the database is used on. Work comes from reactors; its results are posted back to them.</summary>
internal sealed class SqliteWorker
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private bool _isStopped;

    public SqliteWorker()
    {
        _thread = new Thread(Main) { Name = "coordination", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="work"/> on the thread; completes on the calling reactor.</summary>
    public async ValueTask<T> RunAsync<T>(Func<T> work)
    {
        var reactor = Reactor.Current;
        var completion = new TaskCompletionSource<T>();
        if (!TryAdd(() =>
            {
                var result = work();
                reactor.Post(_ => completion.SetResult(result), null);
            }))
        {
            // The thread has ended: the work sees that the store is closed.
            return work();
        }

        return await completion.Task;
    }

    /// <summary>Runs <paramref name="work"/> on the thread at some time; false once the thread is stopping.</summary>
    public bool TryAdd(Action work)
    {
        try
        {
            _work.Add(work);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Ends the thread after the work that waits.</summary>
    public void Stop()
    {
        if (_isStopped)
            return;
        _isStopped = true;
        _work.CompleteAdding();
    }

    private void Main()
    {
        foreach (var work in _work.GetConsumingEnumerable())
            work();
        _work.Dispose();
    }
}
