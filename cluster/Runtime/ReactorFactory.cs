using Uss.Runtime.IoUring;
using Uss.Runtime.Portable;
using Uss.Runtime.Threaded;

namespace Uss.Runtime;

/// <summary>A reactor that is not yet started, and what an operator should know about the choice.</summary>
/// <param name="Reactor">The reactor.</param>
/// <param name="Warning">Text for the log; null when all is well.</param>
public readonly record struct ReactorChoice(ThreadedReactor Reactor, string? Warning);

/// <summary>Makes the fastest reactor that this machine allows.</summary>
public static class ReactorFactory
{
    /// <summary>Environment variable that forces an implementation: <c>io_uring</c> or <c>portable</c>.</summary>
    public const string Variable = "USS_REACTOR";

    private const string IoUringName = "io_uring";
    private const string PortableName = "portable";

    /// <summary>
    /// Makes a reactor: io_uring where the kernel allows it, otherwise portable with a warning. A fault when
    /// <see cref="Variable"/> forces one that cannot be made or does not exist.
    /// </summary>
    public static Result<ReactorChoice> Create(ReactorOptions options) =>
        Create(options, Environment.GetEnvironmentVariable(Variable));

    /// <summary>As <see cref="Create(ReactorOptions)"/>, with <paramref name="forced"/> in place of the environment variable.</summary>
    public static Result<ReactorChoice> Create(ReactorOptions options, string? forced)
    {
        switch (forced)
        {
            case PortableName:
                return new ReactorChoice(PortableReactor.Create(options), null);
            case null or "" or IoUringName:
                break;
            default:
                return new Fault(
                    "reactor-unknown",
                    $"{Variable}='{forced}' names no reactor.",
                    $"Set it to {IoUringName} or {PortableName}, or unset it.");
        }

        var ring = IoUringReactor.Create(options);
        if (ring.IsOk)
            return new ReactorChoice(ring.Value, null);
        if (forced == IoUringName)
            return ring.Fault;
        return new ReactorChoice(
            PortableReactor.Create(options),
            $"{ring.Fault} USS runs on the portable reactor, at several times the processor time per operation.");
    }
}
