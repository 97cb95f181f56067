using System.Buffers.Binary;
using Uss.Runtime;
using Uss.Target.Iscsi;

namespace Uss.Simulation.Target;

/// <summary>PDUs over a connection: padding, digests, sending in order, receiving one at a time.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "CloseAsync frees all.")]
internal sealed class InitiatorTransport(Reactor reactor, IConnection connection)
{
    /// <summary>Longest data segment that this side receives, in bytes.</summary>
    public const int ReceiveBytes = 65536;

    private const int MostSlices = 8;

    private readonly Queue<(PageBuffer Buffer, int Length)> _outgoing = [];
    private readonly SendVector _vector = new(MostSlices);
    private PageBuffer? _incoming;
    private bool _isSending;

    public bool HeaderDigest { get; set; }

    public bool DataDigest { get; set; }

    public bool IsBroken { get; private set; }

    /// <summary>Queues a PDU; fills in its DataSegmentLength.</summary>
    public void Send(ReadOnlySpan<byte> header, ReadOnlySpan<byte> data = default)
    {
        if (IsBroken)
            return;
        var padding = BasicHeader.PaddingOf(data.Length);
        var buffer = reactor.Buffers.Rent(BasicHeader.Size + data.Length + padding + (2 * BasicHeader.DigestSize));
        var target = buffer.Slice().Span;
        header.CopyTo(target);
        target[5] = (byte)(data.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(target[6..], (ushort)data.Length);
        var length = BasicHeader.Size;
        if (HeaderDigest)
            length = AddDigest(target, 0, length);
        if (data.Length > 0)
        {
            var start = length;
            data.CopyTo(target[length..]);
            target.Slice(length + data.Length, padding).Clear();
            length += data.Length + padding;
            if (DataDigest)
                length = AddDigest(target, start, length);
        }

        _outgoing.Enqueue((buffer, length));
        if (_isSending)
            return;
        _isSending = true;
        reactor.Spawn(SendAllAsync());
    }

    /// <summary>Receives a PDU: its header and data, valid until the next call; false when the connection is over.</summary>
    public async ValueTask<(bool IsOk, Memory<byte> Header, int DataLength)> ReceiveAsync(Memory<byte> header)
    {
        _incoming ??= reactor.Buffers.Rent(BasicHeader.Size + ReceiveBytes + (2 * BasicHeader.DigestSize));
        var headerLength = BasicHeader.Size + (HeaderDigest ? BasicHeader.DigestSize : 0);
        if ((await connection.ReceiveExactlyAsync(_incoming.Slice(0, headerLength))).Value != headerLength)
            return (false, default, 0);
        CheckDigest(_incoming.Slice(0, headerLength).Span, HeaderDigest);
        _incoming.Slice(0, BasicHeader.Size).Span.CopyTo(header.Span);
        var length = BasicHeader.DataSegmentLength(header.Span);
        if (length > ReceiveBytes)
            throw new SimulationException($"the target sends {length} bytes where at most {ReceiveBytes} were declared");
        if (length == 0)
            return (true, header, 0);
        var padded = length + BasicHeader.PaddingOf(length) + (DataDigest ? BasicHeader.DigestSize : 0);
        if ((await connection.ReceiveExactlyAsync(_incoming.Slice(0, padded))).Value != padded)
            return (false, default, 0);
        CheckDigest(_incoming.Slice(0, padded).Span, DataDigest);
        return (true, header, length);
    }

    /// <summary>The data of the PDU received last.</summary>
    public ReadOnlySpan<byte> Data(int length) => length == 0 ? default : _incoming!.Slice(0, length).Span;

    /// <summary>Cuts the connection.</summary>
    public void Break()
    {
        IsBroken = true;
        connection.Abort();
    }

    /// <summary>Waits for the end of everything and frees it. The receiver has ended.</summary>
    public async ValueTask CloseAsync()
    {
        IsBroken = true;
        await connection.CloseAsync();
        while (_isSending)
            await reactor.DelayAsync(10_000);
        while (_outgoing.TryDequeue(out var item))
            item.Buffer.Release();
        _incoming?.Release();
        _incoming = null;
        _vector.Dispose();
    }

    private static int AddDigest(Span<byte> pdu, int start, int length)
    {
        // RFC 7143, 13.1: the digest's bytes in the order of the wire.
        BinaryPrimitives.WriteUInt32LittleEndian(pdu[length..], Crc32C.Compute(pdu[start..length]));
        return length + BasicHeader.DigestSize;
    }

    private static void CheckDigest(ReadOnlySpan<byte> bytes, bool hasDigest)
    {
        if (hasDigest && BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]) != Crc32C.Compute(bytes[..^4]))
            throw new SimulationException("the target sends a PDU whose digest is wrong");
    }

    private async ValueTask SendAllAsync()
    {
        while (_outgoing.Count > 0 && !IsBroken)
        {
            while (_outgoing.Count > 0 && _vector.Count < MostSlices)
            {
                var (buffer, length) = _outgoing.Dequeue();
                _vector.Add(buffer.Slice(0, length));
                buffer.Release();
            }

            var sent = await connection.SendAsync(_vector);
            _vector.Clear();
            if (!sent.IsOk)
                Break();
        }

        _isSending = false;
    }
}
