using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Replication.Rpc;

/// <summary>
/// A connection as the stream that TLS reads its records from and writes them to. Written records gather until
/// <see cref="SendAsync"/>, so that many leave as one send.
/// </summary>
/// <remarks>
/// The framework's TLS continues a read where that of the stream ended, which is on the reactor. A handshake or a write that
/// had to wait may continue on the thread pool, and is brought back to the reactor here: writes of payload do not wait.
/// </remarks>
internal sealed class CipherStream : Stream
{
    private const int BufferBytes = 128 << 10;

    private readonly Reactor _reactor;
    private readonly IConnection _connection;
    private readonly PageBuffer _incoming;
    private readonly PageBuffer _outgoing;
    private readonly SendVector _vector = new(1);
    private int _start;
    private int _end;
    private int _gathered;
    private bool _isSending;

    /// <summary>Creates the stream.</summary>
    /// <param name="reactor">The connection's reactor.</param>
    /// <param name="connection">The connection; the stream does not close it.</param>
    public CipherStream(Reactor reactor, IConnection connection)
    {
        _reactor = reactor;
        _connection = connection;
        _incoming = reactor.Buffers.Rent(BufferBytes);
        _outgoing = reactor.Buffers.Rent(BufferBytes);
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>How the connection ended, once it has: a failure, or 0 bytes when the peer closed its side.</summary>
    public IoResult? End { get; private set; }

    /// <summary>Records wait for <see cref="SendAsync"/>; else each write is sent at once, as the handshake needs it.</summary>
    public bool IsGathering { get; set; }

    /// <summary>Room for records before <see cref="SendAsync"/> must be called, lest a write waits; bytes.</summary>
    public int FreeBytes => BufferBytes - _gathered;

    /// <summary>Times that TLS came from another thread.</summary>
    public int Strays { get; private set; }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_reactor.IsCurrent)
            return ReadFromElsewhereAsync(buffer);
        return _start < _end || buffer.IsEmpty ? new ValueTask<int>(Take(buffer)) : ReceiveAsync(buffer);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_reactor.IsCurrent)
            return WriteFromElsewhereAsync(buffer);
        if (!IsGathering || _isSending || buffer.Length > FreeBytes)
            return WriteAndSendAsync(buffer);
        Gather(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>Sends what was gathered. On the reactor.</summary>
    /// <exception cref="IOException">The connection failed; see <see cref="End"/>.</exception>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    public async ValueTask SendAsync()
    {
        if (_isSending)
            throw new IOException("TLS wrote while it was writing.");
        if (_gathered == 0)
            return;
        _vector.Add(_outgoing.Slice(0, _gathered));
        _isSending = true;
        var result = await _connection.SendAsync(_vector);
        _isSending = false;
        _vector.Clear();
        _gathered = 0;
        if (!result.IsOk)
            throw Failed(result);
    }

    /// <summary>Gives the buffers back; nothing is under way any more. On the reactor.</summary>
    public void Free()
    {
        _incoming.Release();
        _outgoing.Release();
        _vector.Dispose();
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private int Take(Memory<byte> buffer)
    {
        var taken = Math.Min(buffer.Length, _end - _start);
        _incoming.Slice(_start, taken).Span.CopyTo(buffer.Span);
        _start += taken;
        return taken;
    }

    private void Gather(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_outgoing.Slice(_gathered, bytes.Length).Span);
        _gathered += bytes.Length;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        var result = await _connection.ReceiveAsync(_incoming.Slice());
        if (!result.IsOk)
            throw Failed(result);
        if (result.Bytes == 0)
            End ??= result;
        _start = 0;
        _end = result.Bytes;
        return Take(buffer);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask WriteAndSendAsync(ReadOnlyMemory<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (_isSending)
                throw new IOException("TLS wrote while it was writing.");
            var part = Math.Min(buffer.Length, FreeBytes);
            Gather(buffer.Span[..part]);
            buffer = buffer[part..];
            if (_gathered == BufferBytes || !IsGathering)
                await SendAsync();
        }
    }

    private async ValueTask<int> ReadFromElsewhereAsync(Memory<byte> buffer)
    {
        await new ReactorReturn(_reactor);
        Strays++;
        return await ReadAsync(buffer);
    }

    private async ValueTask WriteFromElsewhereAsync(ReadOnlyMemory<byte> buffer)
    {
        await new ReactorReturn(_reactor);
        Strays++;
        await WriteAsync(buffer);
    }

    private IOException Failed(IoResult result)
    {
        End ??= result;
        return new IOException(result.ToString());
    }
}
