using Uss.NfsFrontend.OncRpc;
using Uss.Runtime;

namespace Uss.Simulation.Nfs;

/// <summary>One connection of a client: records out in order, records in (RFC 5531, 11).</summary>
/// <param name="reactor">The client's reactor.</param>
/// <param name="connection">The connection.</param>
/// <param name="received">Takes each message that comes.</param>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "RunAsync frees all.")]
internal sealed class NfsTransport(Reactor reactor, IConnection connection, Action<byte[]> received)
{
    private const int MaximumBytes = (1 << 20) + 8192;

    private readonly Queue<byte[]> _outgoing = new();
    private readonly SendVector _vector = new(1);
    private bool _isSending;

    /// <summary>True when nothing comes any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Sends a message as one record.</summary>
    public void Send(byte[] message)
    {
        if (IsOver)
            return;
        _outgoing.Enqueue(message);
        if (_isSending)
            return;
        _isSending = true;
        reactor.Spawn(SendAllAsync());
    }

    /// <summary>Ends the connection.</summary>
    public void Break()
    {
        IsOver = true;
        connection.Abort();
    }

    /// <summary>Receives until the connection ends, and frees it.</summary>
    public async ValueTask RunAsync()
    {
        var buffer = reactor.Buffers.Rent(MaximumBytes);
        while (!IsOver && await ReceiveAsync(buffer) is { } message)
            received(message);
        Break();
        buffer.Release();
        await connection.CloseAsync();
        while (_isSending)
            await reactor.DelayAsync(10_000);
        _vector.Dispose();
    }

    private async ValueTask<byte[]?> ReceiveAsync(PageBuffer buffer)
    {
        var head = await connection.ReceiveExactlyAsync(buffer.Slice(0, RecordMark.Size));
        if (!head.IsOk || head.Bytes < RecordMark.Size)
            return null;
        var mark = RecordMark.Read(buffer.Slice(0, RecordMark.Size).Span);
        if (!mark.IsLast || mark.Length > MaximumBytes)
            throw new SimulationException($"a front-end sends a record of {mark.Length} bytes in parts");
        var body = await connection.ReceiveExactlyAsync(buffer.Slice(0, mark.Length));
        return body.IsOk && body.Bytes == mark.Length ? buffer.Slice(0, mark.Length).Span.ToArray() : null;
    }

    private async ValueTask SendAllAsync()
    {
        while (!IsOver && _outgoing.TryDequeue(out var message))
        {
            var buffer = reactor.Buffers.Rent(RecordMark.Size + message.Length);
            new RecordMark(message.Length, IsLast: true).Write(buffer.Slice(0, RecordMark.Size).Span);
            message.CopyTo(buffer.Slice(RecordMark.Size, message.Length).Span);
            _vector.Add(buffer.Slice(0, RecordMark.Size + message.Length));
            buffer.Release();
            var sent = await connection.SendAsync(_vector);
            _vector.Clear();
            if (!sent.IsOk)
                Break();
        }

        _isSending = false;
    }
}
