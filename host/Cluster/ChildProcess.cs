using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Uss.Host.Cluster;

/// <summary>A child of the supervisor that runs, or has run.</summary>
internal sealed partial class ChildProcess
{
    public const int SignalKill = 9;
    public const int SignalTerminate = 15;
    public const int SignalContinue = 18;
    public const int SignalStop = 19;

    private const int KeptLines = 20;

    // Who inherited its output may hold it open.
    private static readonly TimeSpan _outputLimit = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly Queue<string> _lastLines = [];
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _outputEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _errorEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isReady;

    private ChildProcess(Process process) => _process = process;

    public int ProcessId => _process.Id;

    /// <summary>It has printed the line that starts with <c>ready</c>.</summary>
    public bool IsReady => _isReady && IsRunning;

    public bool IsRunning => !_exited.Task.IsCompleted;

    /// <summary>It was stopped by SIGSTOP.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>Completes with the exit status when it has ended and its output is read; 128 + n after signal n.</summary>
    public Task<int> Exited => _exited.Task;

    /// <summary>The last lines that it printed.</summary>
    public string LastLines
    {
        get
        {
            lock (_lastLines)
                return string.Join('\n', _lastLines);
        }
    }

    /// <summary>
    /// Starts a program in a session of its own, so that Ctrl-C at the terminal reaches the supervisor alone, and so that it
    /// dies with the supervisor: <c>setsid setpriv --pdeathsig KILL PROGRAM ...</c>, both of util-linux.
    /// </summary>
    /// <param name="starter">The thread that starts children.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="onError">Gets the lines that it prints to standard error.</param>
    public static async Task<ChildProcess> StartAsync(ChildStarter starter, IEnumerable<string> command, Action<string> onError)
    {
        var start = new ProcessStartInfo("setsid", ["setpriv", "--pdeathsig", "KILL", .. command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = await starter.StartAsync(start);
        var child = new ChildProcess(process);
        process.StandardInput.Close();
        process.OutputDataReceived += (_, line) => child.OnOutput(line.Data);
        process.ErrorDataReceived += (_, line) => child.OnError(line.Data, onError);
        process.Exited += (_, _) => _ = child.EndAsync();
        process.EnableRaisingEvents = true;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Sends a signal; nothing happens when it has ended.</summary>
    public void Signal(int signal)
    {
        if (!IsRunning)
            return;
        _ = SendSignal(ProcessId, signal);
        if (signal is SignalStop or SignalContinue)
            IsFrozen = signal == SignalStop;
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>False when it still runs after <paramref name="limit"/>.</returns>
    public async Task<bool> WaitForExitAsync(TimeSpan limit) => await Task.WhenAny(_exited.Task, Task.Delay(limit)) == _exited.Task;

    /// <summary>Asks it to end, also when it is frozen, and kills it when it has not ended after <paramref name="limit"/>.</summary>
    /// <returns>False when it had to be killed.</returns>
    public async Task<bool> StopAsync(TimeSpan limit)
    {
        Signal(SignalTerminate);
        Signal(SignalContinue);
        if (await WaitForExitAsync(limit))
            return true;
        Signal(SignalKill);
        await Exited;
        return false;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);

    private async Task EndAsync()
    {
        await Task.WhenAny(Task.WhenAll(_outputEnd.Task, _errorEnd.Task), Task.Delay(_outputLimit));
        _exited.TrySetResult(_process.ExitCode);
    }

    private void OnOutput(string? line)
    {
        if (line is null)
        {
            _outputEnd.TrySetResult();
            return;
        }

        Keep(line);
        if (line.StartsWith("ready", StringComparison.Ordinal))
            _isReady = true;
    }

    private void OnError(string? line, Action<string> onError)
    {
        if (line is null)
        {
            _errorEnd.TrySetResult();
            return;
        }

        Keep(line);
        onError(line);
    }

    private void Keep(string line)
    {
        lock (_lastLines)
        {
            if (_lastLines.Count == KeptLines)
                _lastLines.Dequeue();
            _lastLines.Enqueue(line);
        }
    }
}
