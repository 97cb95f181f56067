namespace Uss.Target.Iscsi;

/// <summary>
/// What happens at a target that an administrator wants to read in a log. Called on the reactor: implementations hand
/// on and return at once. No text ever holds a secret.
/// </summary>
public interface ITargetEvents
{
    /// <summary>An initiator logged in.</summary>
    void LoginAccepted(SessionDescription session);

    /// <summary>A login was refused.</summary>
    /// <param name="initiatorIqn">What it calls itself; empty when it did not get so far.</param>
    /// <param name="address">Its address.</param>
    /// <param name="status">Status class and detail (RFC 7143, 11.13.5), for example 0x0201.</param>
    /// <param name="reason">Why.</param>
    void LoginRefused(string initiatorIqn, string address, int status, string reason);

    /// <summary>A connection was closed before it logged in, for another reason than a refused login.</summary>
    void ConnectionDropped(string address, string reason);

    /// <summary>A session ended.</summary>
    void SessionEnded(SessionDescription session, string reason);

    /// <summary>A PDU was answered by a Reject.</summary>
    /// <param name="session">Where.</param>
    /// <param name="opcode">Opcode of the PDU.</param>
    /// <param name="reason">Reason code (RFC 7143, 11.17.1).</param>
    void PduRejected(SessionDescription session, int opcode, int reason);
}
