using System.Globalization;

namespace Uss.Benchmarks.Rig;

/// <summary>CPU time and disk flushes at one instant; two of them make a measurement.</summary>
/// <param name="ServerCpuUs">User and system time of the server's processes, all threads, in microseconds.</param>
/// <param name="ServerKernelUs">The system time of it.</param>
/// <param name="StealUs">Time that the hypervisor took from all cores, in microseconds.</param>
/// <param name="Flushes">Cache flushes that the machine's disks completed.</param>
internal readonly record struct MeterReading(long ServerCpuUs, long ServerKernelUs, long StealUs, long Flushes);

/// <summary>Charges a server's process for what it uses; reads only <c>/proc</c>.</summary>
internal static class ProcessMeter
{
    /// <summary>The kernel's unit of CPU time in /proc is 1/100 s on every Linux that .NET runs on.</summary>
    private const long TickUs = 10_000;

    public static MeterReading Read(IReadOnlyList<int> processes)
    {
        var times = processes.Select(CpuUs).ToList();
        return new MeterReading(times.Sum(time => time.User + time.Kernel), times.Sum(time => time.Kernel), StealUs(), Flushes());
    }

    /// <summary>Resident memory in bytes: now and at its highest.</summary>
    public static (long NowBytes, long HighestBytes) Memory(int processId)
    {
        long now = 0, highest = 0;
        foreach (var line in File.ReadLines($"/proc/{processId}/status"))
        {
            if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
                now = Kibibytes(line);
            else if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                highest = Kibibytes(line);
        }

        return (now, highest);

        static long Kibibytes(string line) => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }

    private static (long User, long Kernel) CpuUs(int processId)
    {
        // proc(5): the fields follow the command's closing bracket; utime and stime are the 14th and 15th of the line.
        var text = File.ReadAllText($"/proc/{processId}/stat");
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return (Ticks(11), Ticks(12));

        long Ticks(int field) => long.Parse(fields[field], CultureInfo.InvariantCulture) * TickUs;
    }

    private static long StealUs()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(fields[8], CultureInfo.InvariantCulture) * TickUs;
    }

    private static long Flushes()
    {
        const int FlushesField = 18;
        long flushes = 0;
        foreach (var line in File.ReadLines("/proc/diskstats"))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var isDisk = fields[2].StartsWith("vd", StringComparison.Ordinal) || fields[2].StartsWith("sd", StringComparison.Ordinal)
                || fields[2].StartsWith("nvme", StringComparison.Ordinal);
            if (isDisk && fields.Length > FlushesField)
                flushes += long.Parse(fields[FlushesField], CultureInfo.InvariantCulture);
        }

        return flushes;
    }
}
