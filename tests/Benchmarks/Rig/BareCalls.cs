using System.Globalization;

namespace Uss.Benchmarks.Rig;

/// <summary>
/// The floor of a server at depth 1: a C program (<c>bare-calls.c</c>) that takes a request, reads a block and sends it, by three calls
/// of the kernel and nothing else. What it takes, no server on the machine can go below by much.
/// </summary>
internal sealed class BareCalls
{
    private readonly string _program;

    /// <summary>Compiles the program.</summary>
    /// <param name="folder">Where it goes.</param>
    public BareCalls(string folder) => _program = CProgram.Compile(folder, "bare-calls.c");

    /// <summary>Reads random blocks of a file for a time.</summary>
    public FioResult Measure(string file, int seconds)
    {
        var line = ToolProcess.Run(TimeSpan.FromSeconds(seconds + 60), _program, [file, seconds.ToString(CultureInfo.InvariantCulture)]);
        var figures = line.Split(' ').Select(figure => double.Parse(figure, CultureInfo.InvariantCulture)).ToArray();
        var (operations, perSecond) = (figures[0], figures[0] / figures[1]);
        return new FioResult(
            perSecond,
            perSecond * 4096,
            figures[4] / 1000,
            figures[5] / 1000,
            figures[6] / 1000,
            ServerCpuUs: (figures[2] + figures[3]) / operations,
            ServerKernelUs: figures[3] / operations,
            ClientCpuUs: null,
            Steal: 0,
            Flushes: 0,
            LongestMs: 0);
    }
}
