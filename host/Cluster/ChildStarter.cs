using System.Collections.Concurrent;
using System.Diagnostics;

namespace Uss.Host.Cluster;

/// <summary>
/// Starts child processes on a thread of its own. Children ask the kernel for SIGKILL when their parent dies
/// (PR_SET_PDEATHSIG, prctl(2)), and for the kernel the parent is the thread that made them: this one lives as long as
/// the process.
/// </summary>
internal sealed class ChildStarter : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];

    public ChildStarter() => new Thread(Main) { IsBackground = true, Name = "children" }.Start();

    /// <summary>Starts a process.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program.</exception>
    public Task<Process> StartAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (System.ComponentModel.Win32Exception exception)
            {
                started.SetException(exception);
            }
        });
        return started.Task;
    }

    public void Dispose() => _work.CompleteAdding();

    private void Main()
    {
        foreach (var work in _work.GetConsumingEnumerable())
            work();
        _work.Dispose();
    }
}
