using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.KernelClient;

/// <summary>Everything that goes over a device of a sandbox, for tshark to decode.</summary>
internal sealed class PacketCapture : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(120);

    private readonly Sandbox _sandbox;
    private readonly string _file;
    private readonly SandboxProgram _program;

    /// <summary>Begins to write to a file.</summary>
    public PacketCapture(Sandbox sandbox, string device, string file)
    {
        (_sandbox, _file) = (sandbox, file);
        var begun = new ManualResetEventSlim();
        _program = sandbox.Start("dumpcap", ["-q", "-B", "64", "-i", device, "-w", file], line =>
        {
            if (line.Contains("File:", StringComparison.Ordinal))
                begun.Set();
        });
        if (!begun.Wait(_limit))
            Assert.Fail($"dumpcap does not begin:\n{_program.Tail(20)}");
    }

    /// <summary>Ends it.</summary>
    public void Stop()
    {
        _program.Signal(NativeMethods.SignalTerminate);
        _program.WaitForExit(_limit);
    }

    /// <summary>Number of frames that match a display filter of tshark.</summary>
    public int Count(string filter) => Decode(filter).Length;

    /// <summary>No frame is malformed, whatever tshark finds in it.</summary>
    public void IsWellFormed()
    {
        var malformed = Decode("_ws.malformed");
        Assert.That(malformed, Is.Empty, string.Join('\n', malformed.Take(10)));
    }

    public void Dispose() => _program.Dispose();

    // One TCP stream may bring its segments in another order than they were sent.
    private string[] Decode(string filter) => _sandbox.Run(
        _limit, "bash", "-c", "tshark -r \"$0\" -o tcp.reassemble_out_of_order:TRUE -Y \"$1\" 2>/dev/null", _file, filter)
        .Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
