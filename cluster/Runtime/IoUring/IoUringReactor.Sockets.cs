using Uss.Runtime.Threaded;

namespace Uss.Runtime.IoUring;

public sealed partial class IoUringReactor
{
    /// <inheritdoc/>
    public override unsafe Result<IListener> Listen(Endpoint endpoint, int backlog)
    {
        Invariant.Check(IsCurrent);
        if (IsStopping)
            return SocketFaults.Stopping(Name);
        var descriptor = SocketCalls.CreateStream(endpoint);
        if (descriptor < 0)
            return SocketFaults.ForListen(endpoint, -descriptor);
        SocketCalls.SetReuseAddress(descriptor);
        using var address = new SocketAddress();
        address.Set(endpoint);
        if (SocketCalls.Bind(descriptor, address.Pointer, address.Length) != 0 || SocketCalls.Listen(descriptor, backlog) != 0)
        {
            var error = Libc.LastError;
            _ = Libc.Close(descriptor);
            return SocketFaults.ForListen(endpoint, error);
        }

        return Result<IListener>.Ok(new IoUringListener(this, descriptor, SocketCalls.LocalOf(descriptor, address)));
    }

    /// <inheritdoc/>
    public override unsafe Result<IDatagramSocket> BindDatagram(Endpoint endpoint)
    {
        Invariant.Check(IsCurrent);
        if (IsStopping)
            return SocketFaults.Stopping(Name);
        var descriptor = SocketCalls.CreateDatagram(endpoint);
        if (descriptor < 0)
            return SocketFaults.ForListen(endpoint, -descriptor);
        using var address = new SocketAddress();
        address.Set(endpoint);
        if (SocketCalls.Bind(descriptor, address.Pointer, address.Length) != 0)
        {
            var error = Libc.LastError;
            _ = Libc.Close(descriptor);
            return SocketFaults.ForListen(endpoint, error);
        }

        return Result<IDatagramSocket>.Ok(new IoUringDatagramSocket(this, descriptor, SocketCalls.LocalOf(descriptor, address)));
    }

    /// <inheritdoc/>
    public override async ValueTask<Result<IConnection>> ConnectAsync(Endpoint endpoint)
    {
        Invariant.Check(IsCurrent);
        if (IsStopping)
            return SocketFaults.Stopping(Name);
        var descriptor = SocketCalls.CreateStream(endpoint);
        if (descriptor < 0)
            return SocketFaults.ForConnect(endpoint, -descriptor);
        using var operation = new ConnectOperation(this, descriptor);
        var result = await operation.Start(endpoint);
        if (result.IsOk)
        {
            var local = SocketCalls.LocalOf(descriptor, operation.Address);
            return Result<IConnection>.Ok(new IoUringConnection(this, descriptor, local, endpoint));
        }

        _ = Libc.Close(descriptor);
        return SocketFaults.ForConnect(endpoint, result.Error);
    }
}
