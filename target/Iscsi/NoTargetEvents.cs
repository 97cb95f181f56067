namespace Uss.Target.Iscsi;

/// <summary>Hears nothing.</summary>
internal sealed class NoTargetEvents : ITargetEvents
{
    /// <inheritdoc/>
    public void LoginAccepted(SessionDescription session)
    {
    }

    /// <inheritdoc/>
    public void LoginRefused(string initiatorIqn, string address, int status, string reason)
    {
    }

    /// <inheritdoc/>
    public void ConnectionDropped(string address, string reason)
    {
    }

    /// <inheritdoc/>
    public void SessionEnded(SessionDescription session, string reason)
    {
    }

    /// <inheritdoc/>
    public void PduRejected(SessionDescription session, int opcode, int reason)
    {
    }
}
