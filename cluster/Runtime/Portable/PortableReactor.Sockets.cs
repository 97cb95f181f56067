using System.Net;
using System.Net.Sockets;
using Uss.Runtime.Threaded;

namespace Uss.Runtime.Portable;

public sealed partial class PortableReactor
{
    private readonly HashSet<Socket> _attempts = [];

    /// <inheritdoc/>
    public override Result<IListener> Listen(Endpoint endpoint, int backlog)
    {
        Invariant.Check(IsCurrent);
        if (IsStopping)
            return SocketFaults.Stopping(Name);
        var socket = new Socket(endpoint.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            SetReuseAddress(socket);
            socket.Bind(new IPEndPoint(endpoint.Address, endpoint.Port));
            socket.Listen(backlog);
            return Result<IListener>.Ok(new PortableListener(this, socket));
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            return SocketFaults.ForListen(endpoint, SocketErrors.ToErrno(exception.SocketErrorCode));
        }
    }

    /// <inheritdoc/>
    public override Result<IDatagramSocket> BindDatagram(Endpoint endpoint)
    {
        Invariant.Check(IsCurrent);
        if (IsStopping)
            return SocketFaults.Stopping(Name);
        var socket = new Socket(endpoint.Address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(new IPEndPoint(endpoint.Address, endpoint.Port));
            return Result<IDatagramSocket>.Ok(new PortableDatagramSocket(this, socket));
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            return SocketFaults.ForListen(endpoint, SocketErrors.ToErrno(exception.SocketErrorCode));
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<Result<IConnection>> ConnectAsync(Endpoint endpoint)
    {
        Invariant.Check(IsCurrent);
        if (IsStopping)
            return SocketFaults.Stopping(Name);
        var socket = new Socket(endpoint.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var attempt = new PortableConnect(this, socket);
        _attempts.Add(socket);
        var result = await attempt.Connect(endpoint);
        _attempts.Remove(socket);
        try
        {
            if (result.IsOk)
                return Result<IConnection>.Ok(new PortableConnection(this, socket));
        }
        catch (SocketException exception)
        {
            result = IoResult.Failed(SocketErrors.ToErrno(exception.SocketErrorCode));
        }

        socket.Dispose();
        return SocketFaults.ForConnect(endpoint, result.Error);
    }

    // The framework's own option would also set SO_REUSEPORT and let two processes share a port.
    private static void SetReuseAddress(Socket socket)
    {
        const int levelSocket = 1;
        const int reuseAddress = 2;
        socket.SetRawSocketOption(levelSocket, reuseAddress, [1, 0, 0, 0]);
    }
}
