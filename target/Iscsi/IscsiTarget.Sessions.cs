using System.Globalization;

namespace Uss.Target.Iscsi;

// Starting sessions: reinstatement, handles, the nexus (RFC 7143, 6.3.1, 6.3.5 and 11.12.6).
public sealed partial class IscsiTarget
{
    /// <summary>
    /// Starts the session of a finished login. A session of the same initiator port is ended first, down to its last
    /// task, so that nothing of it can happen after the new one has heard that it is in.
    /// </summary>
    internal async ValueTask<LoginStatus> AdmitAsync(IscsiConnection connection, LoginNegotiation login, LoginRequest request)
    {
        if (_isStopping)
            return LoginStatus.ServiceUnavailable;
        if (request.Tsih != 0)
        {
            // One connection a session (MaxConnections=1).
            return _sessions.Exists(session => session.Tsih == request.Tsih && IsSamePort(session, login))
                ? LoginStatus.TooManyConnections
                : LoginStatus.SessionDoesNotExist;
        }

        while (!login.IsDiscovery && _sessions.Find(session => IsSamePort(session, login)) is { } old)
        {
            old.Connection.Drop("the initiator started its session anew");
            if (!await WaitBoundedAsync(new ValueTask(old.Ended.Task)))
                return LoginStatus.ServiceUnavailable;
        }

        if (_isStopping || connection.IsOver)
            return LoginStatus.ServiceUnavailable;
        var tsih = NextTsih();
        var session = new IscsiSession(this, _reactor, connection, login, tsih, request.CmdSn);
        if (!login.IsDiscovery)
        {
            session.Nexus = Device.AttachNexus(
                $"{login.InitiatorName},i,0x{login.Isid.ToString("x12", CultureInfo.InvariantCulture)}",
                login.InitiatorName,
                $"{Name},t,0x{Options.PortalGroupTag.ToString("x4", CultureInfo.InvariantCulture)}",
                Options.RelativeTargetPort);
        }

        _sessions.Add(session);
        connection.Attach(session);
        _events.LoginAccepted(session.Describe());
        return LoginStatus.Success;
    }

    private static bool IsSamePort(IscsiSession session, LoginNegotiation login) =>
        !session.IsDiscovery && session.Isid == login.Isid && session.InitiatorName == login.InitiatorName;

    // 16 bits, 0 is reserved; there are far fewer sessions than handles.
    private int NextTsih()
    {
        do
            _lastTsih = _lastTsih == ushort.MaxValue ? 1 : _lastTsih + 1;
        while (_sessions.Exists(session => session.Tsih == _lastTsih));
        return _lastTsih;
    }
}
