using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>How a <see cref="VolatileDisk"/> behaves; the numbers are those of <c>volatile-disk.c</c>.</summary>
internal enum DiskBehaviour
{
    /// <summary>What was flushed stays.</summary>
    Honest = 0,

    /// <summary>Writes and flushes end with EIO.</summary>
    Fails = 1,

    /// <summary>Flushes do nothing.</summary>
    Lies = 2,
}

/// <summary>
/// A disk file with a volatile cache in front (<c>volatile-disk.c</c>): what is written is durable once it was flushed. A power
/// cut leaves of the rest some sectors, from writes of any order.
/// </summary>
/// <param name="sandbox">Where it is mounted.</param>
/// <param name="program">As <see cref="Build"/> made it.</param>
/// <param name="file">The file; while the disk runs, the file's name means the disk.</param>
/// <param name="control">A file for what the disk and the test tell each other.</param>
/// <param name="seed">Of what survives.</param>
internal sealed class VolatileDisk(Sandbox sandbox, string program, string file, string control, ulong seed) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private SandboxProgram? _running;
    private ulong _starts;

    /// <summary>Sectors of 512 bytes that are not durable; after a power cut those that were lost.</summary>
    public long UnflushedSectors => Read(1);

    /// <summary>Flushes since the start.</summary>
    public long Flushes => Read(2);

    /// <summary>Builds the program behind the disks.</summary>
    public static string Build(Sandbox sandbox, TemporaryFolder folder)
    {
        var program = folder["volatile-disk"];
        sandbox.Run(Limit, "gcc", "-O2", "-Wall", "-o", program, Path.Combine(Repository.Cluster, "volatile-disk.c")).Succeeded();
        return program;
    }

    /// <summary>Starts it, on what the last power cut left.</summary>
    public void Start()
    {
        var ready = new ManualResetEventSlim();
        var start = seed + (_starts++ << 32);
        _running = sandbox.Start(program, [file, control, $"{start}"], line =>
        {
            if (line == "ready")
                ready.Set();
        });
        if (!ready.Wait(Limit))
            Assert.Fail($"no disk at {file}:\n{_running.Tail(20)}");
    }

    /// <summary>Changes how it behaves, from now on.</summary>
    public void Behave(DiskBehaviour behaviour)
    {
        using var handle = File.OpenHandle(control, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.Write(handle, BitConverter.GetBytes((long)behaviour), 0);
    }

    /// <summary>Answers nothing any more.</summary>
    public void Stop() => _running!.Stop();

    /// <summary>Stops at a moment when it holds what was not flushed. Something must be writing.</summary>
    public void StopWhileUnflushed(TimeSpan limit)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            if (UnflushedSectors > 0)
            {
                Stop();
                if (UnflushedSectors > 0)
                    return;
                _running!.Signal(NativeMethods.SignalContinue);
            }

            if (clock.Elapsed > limit)
                Assert.Fail($"nothing is written to {file}");
        }
    }

    /// <summary>What was not flushed is gone; the file has its own name again.</summary>
    public void CutPower()
    {
        _running!.Kill();
        _running.Dispose();
        _running = null;
        sandbox.Run(Limit, "umount", "--lazy", file).Succeeded();
    }

    /// <summary>What a log says of it.</summary>
    public string Describe() => $"{UnflushedSectors} sectors lost after {Flushes} flushes";

    public void Dispose() => _running?.Dispose();

    private long Read(int word)
    {
        using var handle = File.OpenHandle(control, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        RandomAccess.Read(handle, bytes, word * sizeof(long));
        return BitConverter.ToInt64(bytes);
    }
}
