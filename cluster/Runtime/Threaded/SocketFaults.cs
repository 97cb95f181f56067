namespace Uss.Runtime.Threaded;

/// <summary>The faults of listening and connecting: each names the endpoint, the reason and the remedy.</summary>
internal static class SocketFaults
{
    private const int TooManyFilesInSystem = 23;
    private const int TooManyFiles = 24;
    private const int AddressNotAvailable = 99;
    private const int NetworkUnreachable = 101;
    private const int HostUnreachable = 113;

    internal static Fault Stopping(string reactor) => new("reactor-stopping", $"'{reactor}' is stopping.");

    internal static Fault ListenerClosed(Endpoint local) => new("listener-closed", $"The listener on {local} was closed.");

    internal static Fault ForListen(Endpoint endpoint, int error) => error switch
    {
        Errno.AddressInUse => new Fault(
            "port-in-use",
            $"{endpoint} is in use by another process.",
            $"Stop the other process (find it with: ss -ltunp sport = :{endpoint.Port}), or choose another port."),
        Errno.Access => new Fault(
            "port-access",
            $"{endpoint} may not be listened on by this user.",
            "Choose a port from 1024 on, or grant CAP_NET_BIND_SERVICE."),
        AddressNotAvailable => new Fault(
            "address-unknown",
            $"This machine does not have the address of {endpoint}.",
            "Choose one of its own addresses (see: ip address)."),
        _ => new Fault("listen-failed", $"Cannot listen on {endpoint}: {Errno.Describe(error)}."),
    };

    internal static Fault ForAccept(Endpoint local, int error) => error switch
    {
        TooManyFiles or TooManyFilesInSystem => new Fault(
            "descriptors-exhausted",
            $"No descriptor is left for a new connection to {local}.",
            "Raise the limit of open files (ulimit -n, LimitNOFILE=), or close connections."),
        _ => new Fault("accept-failed", $"Cannot accept on {local}: {Errno.Describe(error)}."),
    };

    internal static Fault ForConnect(Endpoint endpoint, int error) => error switch
    {
        Errno.ConnectionRefused => new Fault(
            "connection-refused", $"{endpoint} refused the connection.", "Check that the service runs there and listens on this port."),
        Errno.TimedOut => new Fault(
            "connection-timeout", $"{endpoint} did not answer.", "Check the network and the firewalls between here and there."),
        NetworkUnreachable or HostUnreachable => new Fault(
            "host-unreachable", $"{endpoint} cannot be reached.", "Check the address and the routes to it."),
        Errno.Canceled => new Fault("connect-cancelled", $"The connection attempt to {endpoint} was cancelled."),
        _ => new Fault("connect-failed", $"Cannot connect to {endpoint}: {Errno.Describe(error)}."),
    };
}
