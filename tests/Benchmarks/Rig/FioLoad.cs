using System.Diagnostics;

namespace Uss.Benchmarks.Rig;

/// <summary>A fio that runs until it is told to end.</summary>
/// <param name="process">It; its standard output is read here.</param>
internal sealed class FioLoad(Process process) : IDisposable
{
    private readonly Task<string> _output = process.StandardOutput.ReadToEndAsync();
    private readonly MeterReading _before = ProcessMeter.Read([Environment.ProcessId]);
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Ends it and gives what it measured.</summary>
    public FioResult Finish()
    {
        // It ends at an interrupt as at the end of its time, with its report.
        ToolProcess.Run(TimeSpan.FromSeconds(5), "kill", ["-INT", $"{process.Id}"]);
        if (!process.WaitForExit(TimeSpan.FromSeconds(30)))
            throw new BenchmarkException("fio does not end");
        return Fio.Read(_output.Result, _before, ProcessMeter.Read([Environment.ProcessId]), _clock.Elapsed.TotalMicroseconds, isCharged: false);
    }

    public void Dispose() => ToolProcess.Kill(process);
}
