using Serilog;
using Uss.Target;
using Uss.Target.Iscsi;

namespace Uss.Host.Serve;

/// <summary>Writes what happens at the target to the log. The sinks queue; a reactor never waits for a disk here.</summary>
internal sealed class TargetLog(ILogger log) : ITargetEvents
{
    public void LoginAccepted(SessionDescription session)
    {
        if (!session.IsDiscovery)
            log.Information("{Initiator} logged in from {Address}", session.InitiatorIqn, session.Address);
    }

    public void LoginRefused(string initiatorIqn, string address, int status, string reason) =>
        log.Warning("refused login of '{Initiator}' from {Address} with 0x{Status:x4}: {Reason}", initiatorIqn, address, status, reason);

    public void ConnectionDropped(string address, string reason) =>
        log.Debug("dropped connection from {Address}: {Reason}", address, reason);

    public void SessionEnded(SessionDescription session, string reason)
    {
        if (!session.IsDiscovery)
            log.Information("session of {Initiator} from {Address} ended: {Reason}", session.InitiatorIqn, session.Address, reason);
    }

    public void PduRejected(SessionDescription session, int opcode, int reason) => log.Warning(
        "rejected PDU 0x{Opcode:x2} of {Initiator} from {Address}: reason 0x{Reason:x2}",
        opcode,
        session.InitiatorIqn,
        session.Address,
        reason);
}
