using Uss.Runtime;

namespace Uss.Host.Cli;

/// <summary>Exit codes of <c>uss</c>; documented in docs/cli.md and in <c>uss --help</c>.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The command was understood and failed.</summary>
    public const int Failed = 1;

    /// <summary>Bad usage: an unknown option, a value that cannot be.</summary>
    public const int Usage = 2;

    /// <summary>No service answers on the data folder.</summary>
    public const int NoService = 3;

    /// <summary>The named thing does not exist.</summary>
    public const int NotFound = 4;

    /// <summary>The thing exists already, or something depends on it, or another process holds it.</summary>
    public const int Conflict = 5;

    /// <summary>A destructive command was not confirmed.</summary>
    public const int NotConfirmed = 6;

    /// <summary>The exit code that a fault's code stands for.</summary>
    public static int Of(Fault fault) => fault.Code switch
    {
        "no-service" => NoService,
        "confirmation-required" => NotConfirmed,
        "data-locked" or "disk-locked" => Conflict,
        "bad-record" => Failed,
        _ when fault.Code.StartsWith("bad-", StringComparison.Ordinal) => Usage,
        _ when fault.Code.EndsWith("-not-found", StringComparison.Ordinal) => NotFound,
        _ when IsConflict(fault.Code) => Conflict,
        _ => Failed,
    };

    private static bool IsConflict(string code) =>
        code.EndsWith("-exists", StringComparison.Ordinal)
        || code.EndsWith("-mapped", StringComparison.Ordinal)
        || code.EndsWith("-in-use", StringComparison.Ordinal)
        || code.EndsWith("-conflict", StringComparison.Ordinal);
}
