using System.Net;
using Uss.Runtime;

namespace Uss.NfsFrontend.OncRpc;

public sealed partial class RpcClient
{
    /// <summary>Calls by datagrams.</summary>
    /// <param name="local">The address that the call comes from; any: what the route has.</param>
    /// <param name="server">Whom to call.</param>
    /// <param name="procedure">What to call.</param>
    /// <param name="arguments">The arguments as they are on the wire.</param>
    /// <param name="attempts">How often it is sent, with <see cref="TimeoutNs"/> in between.</param>
    public async ValueTask<RpcAnswer> CallDatagramAsync(IPAddress local, Endpoint server, RpcProcedure procedure, byte[] arguments, int attempts)
    {
        var bound = reactor.BindDatagram(new Endpoint(local, 0));
        if (!bound.IsOk)
            return RpcAnswer.Without(RpcOutcome.NotSent);
        var exchange = new Exchange(bound.Value, server, (uint)reactor.NewNumber());
        var (buffer, length) = Message(exchange.Xid, procedure, arguments, 0);
        var receiving = ReceiveAsync(exchange);
        for (var attempt = 0; attempt < attempts && exchange.Answer is null; attempt++)
        {
            var sent = await bound.Value.SendAsync(buffer.Slice(0, length), server);
            exchange.IsSent |= sent.IsOk;
            if (exchange.Answer is not null)
                break;
            var timer = reactor.Schedule(TimeoutNs, static exchange => ((Exchange)exchange!).Wake(), exchange);
            await exchange.WaitAsync();
            timer.Cancel();
        }

        buffer.Release();
        await bound.Value.CloseAsync();
        await receiving;
        return exchange.Answer ?? RpcAnswer.Without(exchange.IsSent ? RpcOutcome.NoAnswer : RpcOutcome.NotSent);
    }

    // Until the socket is closed. What is no answer, or comes from elsewhere, is not looked at.
    private async ValueTask ReceiveAsync(Exchange exchange)
    {
        var room = reactor.Buffers.Rent(IDatagramSocket.ReceiveBytes);
        while (true)
        {
            var received = await exchange.Socket.ReceiveAsync(room.Slice());
            if (!received.Result.IsOk)
                break;
            if (received.Sender != exchange.Server || exchange.Answer is not null)
                continue;
            exchange.Answer = Read(room.Slice(0, received.Result.Bytes).Span, exchange.Xid);
            if (exchange.Answer is not null)
                exchange.Wake();
        }

        room.Release();
    }

    private sealed class Exchange(IDatagramSocket socket, Endpoint server, uint xid)
    {
        private TaskCompletionSource? _waiting;

        public IDatagramSocket Socket { get; } = socket;

        public Endpoint Server { get; } = server;

        public uint Xid { get; } = xid;

        public bool IsSent { get; set; }

        public RpcAnswer? Answer { get; set; }

        public Task WaitAsync()
        {
            _waiting = new TaskCompletionSource();
            return _waiting.Task;
        }

        public void Wake() => _waiting?.TrySetResult();
    }
}
