using Serilog;
using Uss.Target;
using Uss.Target.Iscsi;

namespace Uss.Host.Serve;

/// <summary>
/// Writes what happens at the target to the log. The sinks queue; a reactor never waits for a disk here. What strangers
/// can cause at will is limited.
/// </summary>
/// <param name="log">The log.</param>
/// <param name="time">The clock of the limits.</param>
internal sealed class TargetLog(ILogger log, TimeProvider time) : ITargetEvents
{
    /// <summary>Entries of a kind in a minute.</summary>
    public const int MostInAMinute = 30;

    private readonly EventLimit _refusals = new(MostInAMinute, time);
    private readonly EventLimit _rejections = new(MostInAMinute, time);
    private readonly EventLimit _sessions = new(10 * MostInAMinute, time);

    public void LoginAccepted(SessionDescription session)
    {
        if (!session.IsDiscovery && Pass(_sessions, "logins and ends of sessions"))
            log.Information("{Initiator} logged in from {Address}", session.InitiatorIqn, session.Address);
    }

    public void LoginRefused(string initiatorIqn, string address, int status, string reason)
    {
        if (Pass(_refusals, "refused logins"))
            log.Warning("refused login of '{Initiator}' from {Address} with 0x{Status:x4}: {Reason}", initiatorIqn, address, status, reason);
    }

    public void ConnectionDropped(string address, string reason) =>
        log.Debug("dropped connection from {Address}: {Reason}", address, reason);

    public void SessionEnded(SessionDescription session, string reason)
    {
        if (!session.IsDiscovery && Pass(_sessions, "logins and ends of sessions"))
            log.Information("session of {Initiator} from {Address} ended: {Reason}", session.InitiatorIqn, session.Address, reason);
    }

    public void PduRejected(SessionDescription session, int opcode, int reason)
    {
        if (!Pass(_rejections, "rejected PDUs"))
            return;
        log.Warning(
            "rejected PDU 0x{Opcode:x2} of {Initiator} from {Address}: reason 0x{Reason:x2}",
            opcode,
            session.InitiatorIqn,
            session.Address,
            reason);
    }

    private bool Pass(EventLimit limit, string what)
    {
        var isPassed = limit.Pass(out var held);
        if (held > 0)
            log.Warning("{Held} more {What:l} in the minute before were not logged", held, what);
        if (!isPassed && limit.IsFirstHeld)
            log.Warning("many {What:l}: no more of them are logged for a minute", what);
        return isPassed;
    }
}
