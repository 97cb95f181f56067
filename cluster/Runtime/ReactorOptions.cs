namespace Uss.Runtime;

/// <summary>How a real reactor is made; see <see cref="ReactorFactory"/>.</summary>
public sealed record ReactorOptions
{
    /// <summary>Name for logs and thread lists, at most 15 characters of it are shown by the kernel.</summary>
    public string Name { get; init; } = "reactor0";

    /// <summary>Index of the processor that the thread is pinned to; -1 leaves it to the kernel.</summary>
    public int Processor { get; init; } = -1;

    /// <summary>Seed of <see cref="Reactor.Random"/>; null takes one from the system's entropy.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Operations that one submission to the kernel can carry: a power of two from 8 to 32768.</summary>
    public int SubmissionEntries { get; init; } = 1024;

    /// <summary>
    /// Told of exceptions that no code on the reactor handled, which are programming errors. Null ends the process with
    /// a report; tests observe them here.
    /// </summary>
    public Action<Exception>? OnUnhandledException { get; init; }
}
