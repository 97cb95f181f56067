using System.Diagnostics;

namespace Uss.Benchmarks.Rig;

/// <summary>Runs the programs that a benchmark needs.</summary>
internal static class ToolProcess
{
    /// <summary>Starts a program without waiting for it. Its output is dropped unless a line is asked for.</summary>
    public static Process Start(string program, IEnumerable<string> arguments, Action<string>? onLine = null, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
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
        return Process.Start(start)!;
    }

    /// <summary>Runs a program to its end and gives its standard output.</summary>
    /// <exception cref="BenchmarkException">It failed or took longer than the limit.</exception>
    public static string Run(TimeSpan limit, string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill();
            throw new BenchmarkException($"{program} did not end in {limit.TotalSeconds} s");
        }

        if (process.ExitCode != 0)
            throw new BenchmarkException($"{program} ended with {process.ExitCode}: {errors.Result.Trim()} {output.Result.Trim()}");
        return output.Result;
    }

    /// <summary>Kills a process that this program started, and waits until it is gone.</summary>
    public static void Kill(Process process)
    {
        if (!process.HasExited)
            process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}

/// <summary>Why a benchmark cannot go on, in words for the person who runs it.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
