using Uss.Runtime;

namespace Uss.Host.Cli;

/// <summary>Ends a command with a fault. Only commands throw it, and only the program's entry catches it.</summary>
internal sealed class CommandFailure(Fault fault) : Exception(fault.Message)
{
    public Fault Fault { get; } = fault;

    public static CommandFailure Usage(string message, string fix) => new(new Fault("bad-usage", message, fix));
}
