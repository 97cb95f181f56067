using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Uss.Benchmarks.Rig;

/// <summary>Runs the programs that a benchmark needs.</summary>
internal static class ToolProcess
{
    private static readonly ConcurrentDictionary<Process, bool> Running = new();

    // Held for good: a benchmark that is told to end takes along what it started.
    private static readonly PosixSignalRegistration[] Signals =
    [
        .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, _ => KillAll())),
    ];

    /// <summary>Starts a program without waiting for it. Its output is dropped unless a line is asked for.</summary>
    public static Process Start(string program, IEnumerable<string> arguments, Action<string>? onLine = null, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Start(start);
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Take(string? line)
        {
            if (line is not null)
                onLine?.Invoke(line);
        }
    }

    /// <summary>Starts a program whose whole standard output is wanted; the caller reads it.</summary>
    public static Process StartReading(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return Start(start);
    }

    /// <summary>Runs a program to its end and gives its standard output.</summary>
    /// <exception cref="ToolTimeoutException">It took longer than the limit, and was killed.</exception>
    /// <exception cref="BenchmarkException">It failed.</exception>
    public static string Run(TimeSpan limit, string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Start(start);
        try
        {
            return Finish(process, limit, program);
        }
        finally
        {
            Running.TryRemove(process, out _);
        }
    }

    /// <summary>Kills a process that this program started, and waits until it is gone.</summary>
    public static void Kill(Process process)
    {
        Running.TryRemove(process, out _);
        if (!process.HasExited)
            process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private static Process Start(ProcessStartInfo start)
    {
        var process = Process.Start(start)!;
        Running[process] = true;
        return process;
    }

    private static string Finish(Process process, TimeSpan limit, string program)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            throw new ToolTimeoutException($"{program} did not end in {limit.TotalSeconds} s");
        }

        if (process.ExitCode != 0)
            throw new BenchmarkException($"{program} ended with {process.ExitCode}: {errors.Result.Trim()} {output.Result.Trim()}");
        return output.Result;
    }

    private static void KillAll()
    {
        foreach (var process in Running.Keys)
        {
            try
            {
                process.Kill(entireProcessTree: true);
            }
            catch (InvalidOperationException)
            {
                // It has ended by itself.
            }
        }
    }
}

/// <summary>Why a benchmark cannot go on, in words for the person who runs it.</summary>
internal class BenchmarkException(string message) : Exception(message);
