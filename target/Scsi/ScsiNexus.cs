namespace Uss.Target.Scsi;

/// <summary>
/// An I_T nexus (SAM-5, 4.6): one initiator port logged in to one target port, as a session makes it. The device
/// derives from this class to keep what it knows of a nexus (pending unit attentions, the LUN map it sees).
/// </summary>
/// <param name="initiatorPort">TransportID text: initiator name, <c>,i,0x</c>, ISID in hex (RFC 7143, 4.2.7.2).</param>
/// <param name="initiatorIqn">The initiator's iSCSI name.</param>
/// <param name="targetPort">Target port name: target name, <c>,t,0x</c>, portal group tag.</param>
/// <param name="relativeTargetPort">Relative target port identifier, unique in the cluster, from 1.</param>
public class ScsiNexus(string initiatorPort, string initiatorIqn, string targetPort, int relativeTargetPort)
{
    /// <summary>Initiator port name.</summary>
    public string InitiatorPort { get; } = initiatorPort;

    /// <summary>Initiator's iSCSI name.</summary>
    public string InitiatorIqn { get; } = initiatorIqn;

    /// <summary>Target port name.</summary>
    public string TargetPort { get; } = targetPort;

    /// <summary>Relative target port identifier.</summary>
    public int RelativeTargetPort { get; } = relativeTargetPort;
}
