using Uss.Runtime;

namespace Uss.TestSupport;

/// <summary>Bytes over a connection as they are, for tests that say what a peer may not.</summary>
public static class RawBytes
{
    private const int SliceBytes = 1 << 20;

    /// <summary>Sends bytes and waits until they are handed over.</summary>
    public static async ValueTask<IoResult> SendAsync(Reactor reactor, IConnection connection, byte[] bytes)
    {
        if (bytes.Length == 0)
            return new IoResult(0);
        using var vector = new SendVector((bytes.Length / SliceBytes) + 1);
        for (var offset = 0; offset < bytes.Length; offset += SliceBytes)
        {
            var part = bytes.AsSpan(offset, Math.Min(SliceBytes, bytes.Length - offset));
            var buffer = reactor.Buffers.Rent(part.Length);
            part.CopyTo(buffer.Slice().Span);
            vector.Add(buffer.Slice(0, part.Length));
            buffer.Release();
        }

        return await connection.SendAsync(vector);
    }

    /// <summary>Receives so many bytes; fewer when the peer closes first, none when the connection breaks.</summary>
    public static async ValueTask<byte[]> ReceiveAsync(Reactor reactor, IConnection connection, int count)
    {
        if (count == 0)
            return [];
        var buffer = reactor.Buffers.Rent(count);
        var received = await connection.ReceiveExactlyAsync(buffer.Slice(0, count));
        var bytes = received.IsOk ? buffer.Slice(0, received.Bytes).Span.ToArray() : [];
        buffer.Release();
        return bytes;
    }
}
