using Serilog.Core;
using Uss.Host.Cli;
using Uss.Runtime;

namespace Uss.Host.Serve;

/// <summary>What every daemon role needs around it: a data folder of its own, a log there, and word to systemd.</summary>
/// <param name="Held">The data folder's lock; takes the process id once the daemon serves.</param>
/// <param name="Log">The log.</param>
/// <param name="Notifier">Tells systemd.</param>
internal sealed record Daemon(DataLock Held, Logger Log, SystemdNotifier Notifier)
{
    /// <summary>Runs a daemon in a folder to its end.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="serve">Serves until it is asked to stop, and stops; a fault when it could not start.</param>
    /// <exception cref="CommandFailure">It could not start, or not stop in time.</exception>
    public static async Task RunAsync(DataFolder folder, Func<Daemon, Task<Fault?>> serve)
    {
        OwnerOnly.Apply();
        if (folder.Prepare() is { } unusable)
            throw new CommandFailure(unusable);
        var taken = DataLock.Take(folder);
        if (!taken.IsOk)
            throw new CommandFailure(taken.Fault);
        using var held = taken.Value;
        await using var log = ServiceLog.Open(folder);
        var notifier = new SystemdNotifier(Environment.GetEnvironmentVariable(SystemdNotifier.Variable));
        if (await serve(new Daemon(held, log, notifier)) is { } fault)
        {
            log.ForContext(ServiceLog.PrintedProperty, true).Error("{Fault:l}", fault.ToString());
            throw new CommandFailure(fault);
        }

        log.Information("stopped");
    }
}
