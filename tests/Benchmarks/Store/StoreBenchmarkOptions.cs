namespace Uss.Benchmarks.Store;

/// <summary>A run of the store benchmark.</summary>
public sealed record StoreBenchmarkOptions
{
    /// <summary>The disk file; created, and deleted at the end.</summary>
    public string Path { get; init; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "uss-store-benchmark.disk");

    /// <summary>Size of the sparse disk file in bytes.</summary>
    public long DiskBytes { get; init; } = 80L << 30;

    /// <summary>Address space over which writes go at random, in bytes.</summary>
    public long SpaceBytes { get; init; } = 64L << 30;

    /// <summary>Bytes of each operation, a multiple of 4096.</summary>
    public int OperationBytes { get; init; } = 4096;

    /// <summary>Writes.</summary>
    public long Writes { get; init; } = 1_000_000;

    /// <summary>Reads after them.</summary>
    public long Reads { get; init; } = 100_000;

    /// <summary>Operations under way at a time.</summary>
    public int Depth { get; init; } = 32;

    /// <summary>Size of the log ring in bytes; 0: what the format suggests. A small one makes many checkpoints.</summary>
    public long LogBytes { get; init; }

    /// <summary>Leaves the store without closing it, as SIGKILL would, and times the next open.</summary>
    public bool WithRecovery { get; init; }

    /// <summary>Reads the options of a command line; null when it is not sound.</summary>
    public static StoreBenchmarkOptions? Parse(string[] arguments)
    {
        var options = new StoreBenchmarkOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i];
            if (name == "--recovery")
            {
                options = options with { WithRecovery = true };
                continue;
            }

            if (++i == arguments.Length)
                return null;
            var value = arguments[i];
            if (name == "--path")
                options = options with { Path = value };
            else if (!long.TryParse(value, out var number) || number < 0)
                return null;
            else if (name == "--disk-gib")
                options = options with { DiskBytes = number << 30 };
            else if (name == "--space-gib")
                options = options with { SpaceBytes = number << 30 };
            else if (name == "--block")
                options = options with { OperationBytes = (int)number };
            else if (name == "--writes")
                options = options with { Writes = number };
            else if (name == "--reads")
                options = options with { Reads = number };
            else if (name == "--log-mib")
                options = options with { LogBytes = number << 20 };
            else if (name == "--depth")
                options = options with { Depth = (int)number };
            else
                return null;
        }

        return options.OperationBytes is >= 4096 and <= 4 << 20 && options.OperationBytes % 4096 == 0 && options.Depth > 0 ? options : null;
    }
}
