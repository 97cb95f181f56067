using Serilog;
using Uss.NfsFrontend.OncRpc;

namespace Uss.Host.Serve;

/// <summary>Writes what happens at the NFS server to the log. What strangers can cause at will is limited.</summary>
/// <param name="log">The log.</param>
/// <param name="time">The clock of the limit.</param>
internal sealed class NfsLog(ILogger log, TimeProvider time)
{
    private readonly EventLimit _misuses = new(TargetLog.MostInAMinute, time);

    /// <summary>A connection was ended by this side.</summary>
    public void Dropped(DroppedConnection dropped)
    {
        if (!dropped.IsMisuse)
        {
            log.Debug("dropped NFS connection from {Address}: {Reason:l}", dropped.Client.ToString(), dropped.Reason);
            return;
        }

        var isPassed = _misuses.Pass(out var held);
        if (held > 0)
            log.Warning("{Held} more dropped NFS connections in the minute before were not logged", held);
        if (isPassed)
            log.Warning("dropped NFS connection from {Address}: {Reason:l}", dropped.Client.ToString(), dropped.Reason);
        else if (_misuses.IsFirstHeld)
            log.Warning("many dropped NFS connections: no more of them are logged for a minute");
    }
}
