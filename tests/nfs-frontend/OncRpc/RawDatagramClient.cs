using System.Net;
using Uss.Runtime;

namespace Uss.NfsFrontend.OncRpc.Tests;

/// <summary>A client that sends whatever datagrams a test wants.</summary>
internal sealed class RawDatagramClient(Reactor reactor, Endpoint server)
{
    private readonly IDatagramSocket _socket = reactor.BindDatagram(new Endpoint(server.IsLoopback ? server.Address : IPAddress.Any, 0)).Value!;

    public Endpoint Local => _socket.Local;

    public async ValueTask SendAsync(byte[] bytes)
    {
        var buffer = reactor.Buffers.Rent(Math.Max(bytes.Length, 1));
        bytes.CopyTo(buffer.Slice().Span);
        await _socket.SendAsync(buffer.Slice(0, bytes.Length), server);
        buffer.Release();
    }

    public async ValueTask<byte[]> ReceiveAsync()
    {
        var bytes = await TryReceiveAsync();
        Assert.That(bytes, Is.Not.Empty);
        return bytes;
    }

    /// <summary>The next reply; nothing when the client is closed before.</summary>
    public async ValueTask<byte[]> TryReceiveAsync()
    {
        var buffer = reactor.Buffers.Rent(IDatagramSocket.ReceiveBytes);
        var received = await _socket.ReceiveAsync(buffer.Slice());
        Assert.That(received.Sender, Is.EqualTo(received.Result.IsOk ? server : default));
        var bytes = received.Result.IsOk ? buffer.Slice(0, received.Result.Bytes).Span.ToArray() : [];
        buffer.Release();
        return bytes;
    }

    public async ValueTask<byte[]> CallAsync(byte[] message)
    {
        await SendAsync(message);
        return await ReceiveAsync();
    }

    public ValueTask CloseAsync() => _socket.CloseAsync();
}
