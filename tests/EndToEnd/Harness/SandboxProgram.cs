using System.Diagnostics;
using System.Text;

namespace Uss.EndToEnd.Harness;

/// <summary>How a program ended and what it printed.</summary>
/// <param name="ExitCode">Its exit status; 128 + n when signal n ended it.</param>
/// <param name="Output">Standard output and standard error, in the order in which the lines came.</param>
internal sealed record ProgramResult(string Program, int ExitCode, string Output)
{
    /// <summary>The output, for a program that must end well.</summary>
    public string Succeeded()
    {
        Assert.That(ExitCode, Is.Zero, $"{Program} failed:\n{Output}");
        return Output;
    }
}

/// <summary>A program that runs in a <see cref="Sandbox"/>.</summary>
internal sealed class SandboxProgram : IDisposable
{
    private readonly string _name;
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Thread _outputReader;
    private readonly Thread _errorReader;

    internal SandboxProgram(string name, Process process, Action<string>? onLine)
    {
        _name = name;
        _process = process;
        _outputReader = Reader(process.StandardOutput, onLine);
        _errorReader = Reader(process.StandardError, onLine);
    }

    /// <summary>True once the program has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>All that it has printed so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>The last lines of <see cref="Output"/>.</summary>
    public string Tail(int lines) => string.Join('\n', Output.TrimEnd().Split('\n').TakeLast(lines));

    /// <summary>Id of the program's own process, as seen by the test run.</summary>
    /// <remarks>The process that the test started only carries it into the sandbox: the program is that one's child.</remarks>
    public int ProcessId
    {
        get
        {
            for (var attempt = 0; attempt < 500 && !_process.HasExited; attempt++)
            {
                var children = File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (children.Length > 0)
                    return int.Parse(children[0]);
                Thread.Sleep(10);
            }

            throw new InvalidOperationException($"{_name} is not running:\n{Tail(30)}");
        }
    }

    /// <summary>Writes a line to its standard input.</summary>
    public void WriteLine(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Sends a signal to the program's own process.</summary>
    public void Signal(int signal)
    {
        NativeMethods.Signal(ProcessId, signal);

        // The process that carries it into the sandbox stops with it, and must go on with it to see its end.
        if (signal == NativeMethods.SignalContinue)
            NativeMethods.Signal(_process.Id, signal);
    }

    /// <summary>Sends a program of one thread SIGSTOP until it stands still.</summary>
    public void Stop()
    {
        // More than once: when it was stopped and went on shortly before, the process that carries it into the sandbox may
        // have seen the stop only now, and then makes it go on.
        var status = $"/proc/{ProcessId}/status";
        do
        {
            Signal(NativeMethods.SignalStop);
            Thread.Yield();
        }
        while (!File.ReadAllText(status).Contains("\nState:\tT", StringComparison.Ordinal));
    }

    /// <summary>Waits for the end; past the limit the program is killed and the test fails.</summary>
    public ProgramResult WaitForExit(TimeSpan limit)
    {
        if (!_process.WaitForExit(limit))
        {
            Kill();
            Assert.Fail($"{_name} did not end in {limit.TotalSeconds} s; its last lines:\n{Tail(40)}");
        }

        // Bounded: a daemon that the program left behind may hold its output open.
        _outputReader.Join(TimeSpan.FromSeconds(5));
        _errorReader.Join(TimeSpan.FromSeconds(5));
        return new ProgramResult(_name, _process.ExitCode, Output);
    }

    /// <summary>Kills the program, if it runs.</summary>
    public void Kill()
    {
        if (_process.HasExited)
            return;
        try
        {
            Signal(NativeMethods.SignalKill);
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception or IOException)
        {
            // It ended between the question and the signal.
        }

        // The process that carried it may have stopped with a stopped program, and sees its end only when it goes on.
        while (!_process.WaitForExit(TimeSpan.FromMilliseconds(100)))
            NativeMethods.Signal(_process.Id, NativeMethods.SignalContinue);
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private Thread Reader(StreamReader reader, Action<string>? onLine)
    {
        var thread = new Thread(() =>
        {
            try
            {
                while (reader.ReadLine() is { } line)
                {
                    lock (_output)
                        _output.Append(line).Append('\n');
                    onLine?.Invoke(line);
                }
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // The program was killed while it wrote.
            }
        })
        { IsBackground = true, Name = "output of " + _name };
        thread.Start();
        return thread;
    }
}
