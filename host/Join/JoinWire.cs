using Uss.Runtime;

namespace Uss.Host.Join;

/// <summary>Messages of the join protocol over a reactor's connection.</summary>
internal sealed class JoinWire(Reactor reactor, IConnection connection) : IDisposable
{
    private readonly PageBuffer _buffer = reactor.Buffers.Rent(JoinMessage.Size + JoinMessage.MostAttachedBytes);
    private readonly SendVector _vector = new(1);

    /// <summary>The other end.</summary>
    public Endpoint Remote => connection.Remote;

    /// <summary>Sends bytes. False when the connection is lost.</summary>
    public async ValueTask<bool> SendAsync(byte[] bytes)
    {
        var slice = _buffer.Slice(0, bytes.Length);
        bytes.CopyTo(slice.Span);
        _vector.Add(slice);
        var result = await connection.SendAsync(_vector);
        _vector.Clear();
        return result.IsOk;
    }

    /// <summary>Receives a message; null when the connection is lost or what comes is none.</summary>
    public async ValueTask<(byte[] Header, byte[] Attached, JoinMessage Message)?> ReceiveAsync()
    {
        var header = _buffer.Slice(0, JoinMessage.Size);
        var result = await connection.ReceiveExactlyAsync(header);
        if (!result.IsOk || result.Bytes < JoinMessage.Size || JoinMessage.Parse(header.Span) is not { } message)
            return null;
        if (message.AttachedBytes == 0)
            return (header.Span.ToArray(), [], message);
        var attached = _buffer.Slice(JoinMessage.Size, message.AttachedBytes);
        result = await connection.ReceiveExactlyAsync(attached);
        return result.IsOk && result.Bytes == message.AttachedBytes ? (header.Span.ToArray(), attached.Span.ToArray(), message) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _vector.Dispose();
        _buffer.Release();
    }
}
