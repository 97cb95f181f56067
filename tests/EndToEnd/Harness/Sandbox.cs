using System.Diagnostics;

namespace Uss.EndToEnd.Harness;

/// <summary>
/// A network, a process tree, a set of mounts and a <c>/run</c> of one test's own. Servers in it may use any port and
/// clash with nothing.
/// </summary>
/// <remarks>
/// Nothing outlives it: its first process waits on a pipe from the test run and ends when the pipe closes, also when the
/// run itself is killed; with the first process of a process-id namespace the kernel ends all others.
/// </remarks>
internal sealed class Sandbox : IDisposable
{
    private const string FirstProcess =
        """
        ip link set lo up &&
        mount -t tmpfs -o mode=755 tmpfs /run && mkdir -p /run/lock && echo ready &&
        read -r _
        """;

    private readonly Process _holder;
    private readonly string _namespaces;
    private bool _isDisposed;

    public Sandbox()
    {
        var start = new ProcessStartInfo("unshare")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])
            ["--net", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--", "bash", "-c", FirstProcess])
        {
            start.ArgumentList.Add(argument);
        }

        _holder = Process.Start(start)!;
        _namespaces = $"/proc/{_holder.Id}/ns";
        if (_holder.StandardOutput.ReadLine() != "ready")
            throw new InvalidOperationException($"no sandbox (end-to-end tests run as root): {_holder.StandardError.ReadToEnd().Trim()}");
    }

    /// <summary>Starts a program in the sandbox. Its current folder is <c>/</c>.</summary>
    /// <param name="onLine">Gets each line that it prints, as soon as it is there; on a thread of the program's own.</param>
    public SandboxProgram Start(
        string program, IEnumerable<string> arguments, Action<string>? onLine = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("nsenter")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])
            [$"--net={_namespaces}/net", $"--mount={_namespaces}/mnt", $"--pid={_namespaces}/pid_for_children", "--", program, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return new SandboxProgram(Path.GetFileName(program), Process.Start(start)!, onLine);
    }

    /// <summary>Runs a program to its end; the test fails when it takes longer than the limit.</summary>
    public ProgramResult Run(TimeSpan limit, string program, params IEnumerable<string> arguments)
    {
        using var running = Start(program, arguments);
        return running.WaitForExit(limit);
    }

    /// <summary>Runs a script of <c>bash</c>, stopping at the first error.</summary>
    public ProgramResult Shell(TimeSpan limit, string script) => Run(limit, "bash", "-euc", script);

    /// <summary>Runs code of the test on a thread of its own whose sockets are in the sandbox's network.</summary>
    public Task RunInNetwork(Action work)
    {
        var completion = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                NativeMethods.EnterNetwork(_namespaces + "/net");
                work();
                completion.SetResult();
            }
            catch (Exception exception)
            {
                completion.SetException(exception);
            }
        })
        { IsBackground = true };
        thread.Start();
        return completion.Task;
    }

    /// <summary>How the test itself reaches a file that may be on a file system that is mounted in the sandbox alone.</summary>
    public string FromOutside(string path) => $"/proc/{_holder.Id}/root{path}";

    /// <summary>Ends everything in the sandbox at once.</summary>
    public void Dispose()
    {
        // A time limit may get here before the end of the test does.
        if (Interlocked.Exchange(ref _isDisposed, true))
            return;
        _holder.Kill();
        _holder.WaitForExit();
        _holder.Dispose();
    }
}
