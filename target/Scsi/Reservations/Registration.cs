namespace Uss.Target.Scsi.Reservations;

/// <summary>An I_T nexus registered with a key. It outlives the session: the next one of the same ports is the same nexus.</summary>
/// <param name="InitiatorPort">Initiator port name: iSCSI name, <c>,i,0x</c>, ISID in hex.</param>
/// <param name="RelativeTargetPort">Relative target port identifier.</param>
/// <param name="Key">Reservation key; never 0.</param>
public sealed record Registration(string InitiatorPort, int RelativeTargetPort, ulong Key)
{
    /// <summary>True when the nexus connects the same two ports.</summary>
    internal bool IsOf(ScsiNexus nexus) =>
        RelativeTargetPort == nexus.RelativeTargetPort
        && string.Equals(InitiatorPort, nexus.InitiatorPort, StringComparison.OrdinalIgnoreCase);
}
