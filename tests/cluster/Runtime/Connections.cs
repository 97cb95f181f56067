using System.Net;

namespace Uss.Runtime.Tests;

/// <summary>Pairs of connections for tests.</summary>
internal static class Connections
{
    /// <summary>A listener on loopback and both ends of one connection to it.</summary>
    internal static async ValueTask<(IConnection Client, IConnection Server, IListener Listener)> MakeAsync(Reactor reactor)
    {
        var listener = reactor.Listen(new Endpoint(IPAddress.Loopback, 0), 16);
        Assert.That(listener.Fault, Is.Null);
        var accept = listener.Value!.AcceptAsync();
        var client = await reactor.ConnectAsync(listener.Value.Local);
        Assert.That(client.Fault, Is.Null);
        var server = await accept;
        Assert.That(server.Fault, Is.Null);
        return (client.Value!, server.Value!, listener.Value);
    }

    /// <summary>Sends bytes and waits until they are handed over.</summary>
    internal static async ValueTask<IoResult> SendAsync(Reactor reactor, IConnection connection, byte[] bytes, int sliceBytes = 65536)
    {
        using var vector = new SendVector((bytes.Length / sliceBytes) + 1);
        for (var offset = 0; offset < bytes.Length; offset += sliceBytes)
        {
            var count = Math.Min(sliceBytes, bytes.Length - offset);
            var buffer = reactor.Buffers.Rent(count);
            bytes.AsSpan(offset, count).CopyTo(buffer.Slice().Span);
            vector.Add(buffer.Slice(0, count));
            buffer.Release();
        }

        return await connection.SendAsync(vector);
    }

    /// <summary>Receives exactly so many bytes, or what came before the peer's end.</summary>
    internal static async ValueTask<byte[]> ReceiveAsync(Reactor reactor, IConnection connection, int count)
    {
        var bytes = new byte[count];
        var received = 0;
        var buffer = reactor.Buffers.Rent(1 << 20);
        while (received < count)
        {
            var slice = buffer.Slice(0, Math.Min(buffer.Capacity, count - received));
            var result = await connection.ReceiveExactlyAsync(slice);
            Assert.That(result.IsOk, result.ToString());
            slice.Span[..result.Bytes].CopyTo(bytes.AsSpan(received));
            received += result.Bytes;
            if (result.Bytes < slice.Length)
                break;
        }

        buffer.Release();
        return bytes[..received];
    }
}
