using Uss.Runtime.IoUring;
using Uss.Runtime.Threaded;

namespace Uss.Runtime;

/// <summary>A reactor that is not yet started, and what an operator should know about the choice (null: nothing).</summary>
/// <param name="Reactor">The reactor.</param>
/// <param name="Warning">One sentence for the log; null when all is well.</param>
public readonly record struct ReactorChoice(ThreadedReactor Reactor, string? Warning);

/// <summary>Makes the fastest reactor that this machine allows.</summary>
public static class ReactorFactory
{
    /// <summary>Environment variable that forces an implementation: <c>io_uring</c> or <c>portable</c>.</summary>
    public const string Variable = "USS_REACTOR";

    /// <summary>Makes a reactor: io_uring where the kernel allows it.</summary>
    public static Result<ReactorChoice> Create(ReactorOptions options)
    {
        var ring = IoUringReactor.Create(options);
        return ring.IsOk ? new ReactorChoice(ring.Value, null) : ring.Fault;
    }
}
