using System.Buffers.Binary;
using Uss.Runtime;
using Uss.Target.Iscsi;

namespace Uss.Target.Tests.Support;

/// <summary>
/// A small initiator for tests, on any reactor: one connection, logins, commands with all ways of moving data, task
/// management. It answers pings and R2Ts by itself and keeps everything else for <see cref="ReceiveAsync"/>.
/// </summary>
internal sealed partial class TestInitiator
{
    private readonly Reactor _reactor;
    private readonly IConnection _connection;
    private readonly Queue<TestPdu> _inbox = new();
    private readonly Dictionary<uint, TestCommand> _commands = [];
    private readonly List<byte> _outgoing = [];
    private TaskCompletionSource? _arrival;
    private bool _isSending;
    private bool _isPumping = true;

    private TestInitiator(Reactor reactor, IConnection connection)
    {
        _reactor = reactor;
        _connection = connection;
    }

    /// <summary>Digests as negotiated; tests of raw PDUs set them.</summary>
    public bool HeaderDigest { get; set; }

    public bool DataDigest { get; set; }

    /// <summary>Answer pings of the target.</summary>
    public bool AnswersPings { get; set; } = true;

    /// <summary>Reads nothing from the connection.</summary>
    public bool PausesReceiving { get; set; }

    /// <summary>Pings that came.</summary>
    public int Pings { get; private set; }

    /// <summary>The target closed the connection, or it was lost.</summary>
    public bool IsClosed { get; private set; }

    public uint CmdSn { get; set; } = 1;

    public uint ExpStatSn { get; set; }

    public uint MaxCmdSn { get; private set; }

    public uint NextTag { get; set; } = 1;

    public static async ValueTask<TestInitiator> ConnectAsync(Reactor reactor, Endpoint endpoint)
    {
        var connected = await reactor.ConnectAsync(endpoint);
        if (!connected.IsOk)
            throw new InvalidOperationException(connected.Fault.ToString());
        var initiator = new TestInitiator(reactor, connected.Value);
        reactor.Spawn(initiator.PumpAsync());
        return initiator;
    }

    /// <summary>Cuts the connection without a word.</summary>
    public async ValueTask AbortAsync()
    {
        _connection.Abort();
        await CloseAsync();
    }

    /// <summary>Closes the connection and waits for the end of everything.</summary>
    public async ValueTask CloseAsync()
    {
        _connection.Abort();
        while (_isPumping || _isSending)
            await _reactor.DelayAsync(1_000_000);
        await _connection.CloseAsync();
    }

    /// <summary>Queues bytes as they are.</summary>
    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        _outgoing.AddRange(bytes);
        if (_isSending)
            return;
        _isSending = true;
        _reactor.Spawn(SendAllAsync());
    }

    /// <summary>Queues a PDU: its DataSegmentLength is set, padding and digests are added.</summary>
    public void Send(ReadOnlySpan<byte> header, ReadOnlySpan<byte> data = default, bool spoilDataDigest = false)
    {
        var copy = header.ToArray();
        copy[5] = (byte)(data.Length >> 16);
        copy[6] = (byte)(data.Length >> 8);
        copy[7] = (byte)data.Length;
        var bytes = new List<byte>(copy);
        if (HeaderDigest)
            AddDigest(bytes, Crc32C.Compute(copy));
        if (data.Length > 0)
        {
            bytes.AddRange(data);
            bytes.AddRange(new byte[BasicHeader.PaddingOf(data.Length)]);
            if (DataDigest)
            {
                var padded = new byte[data.Length + BasicHeader.PaddingOf(data.Length)];
                data.CopyTo(padded);
                AddDigest(bytes, Crc32C.Compute(padded) ^ (spoilDataDigest ? 1u : 0));
            }
        }

        SendRaw(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
    }

    /// <summary>The next PDU that is not handled here; null once the connection is closed.</summary>
    public async ValueTask<TestPdu?> ReceiveAsync()
    {
        while (_inbox.Count == 0 && !IsClosed)
        {
            _arrival = new TaskCompletionSource();
            await _arrival.Task;
        }

        return _inbox.Count > 0 ? _inbox.Dequeue() : null;
    }

    /// <summary>Waits for the target to close the connection; what comes until then is returned.</summary>
    public async ValueTask<List<TestPdu>> ReceiveToEndAsync()
    {
        var all = new List<TestPdu>();
        while (await ReceiveAsync() is { } pdu)
            all.Add(pdu);
        return all;
    }

    /// <summary>True when nothing has come within the time.</summary>
    public async ValueTask<bool> IsSilentAsync(long forNs)
    {
        await _reactor.DelayAsync(forNs);
        return _inbox.Count == 0 && !IsClosed;
    }

    private static void AddDigest(List<byte> bytes, uint digest)
    {
        Span<byte> encoded = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(encoded, digest);
        bytes.AddRange(encoded);
    }

    private async ValueTask SendAllAsync()
    {
        using var vector = new SendVector(1);
        while (_outgoing.Count > 0)
        {
            var length = Math.Min(_outgoing.Count, 1 << 20);
            var buffer = _reactor.Buffers.Rent(length);
            System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_outgoing)[..length].CopyTo(buffer.Slice().Span);
            _outgoing.RemoveRange(0, length);
            vector.Add(buffer.Slice(0, length));
            buffer.Release();
            var sent = await _connection.SendAsync(vector);
            vector.Clear();
            if (!sent.IsOk)
                _outgoing.Clear();
        }

        _isSending = false;
    }

    private async ValueTask PumpAsync()
    {
        while (await ReceivePduAsync() is { } pdu)
        {
            if (pdu.Opcode != Opcode.LoginResponse || pdu.Header[36] == 0)
                MaxCmdSn = pdu.MaxCmdSn;
            if (!Handle(pdu))
            {
                _inbox.Enqueue(pdu);
                _arrival?.TrySetResult();
            }
        }

        IsClosed = true;
        _isPumping = false;
        _arrival?.TrySetResult();
        foreach (var command in _commands.Values.ToArray())
            command.Fail();
        _commands.Clear();
    }

    private async ValueTask<TestPdu?> ReceivePduAsync()
    {
        var header = await ReceiveBytesAsync(BasicHeader.Size + (HeaderDigest ? 4 : 0));
        if (header is null)
            return null;
        var length = BasicHeader.DataSegmentLength(header);
        if (HeaderDigest)
            CheckDigest(header);
        if (length == 0)
            return new TestPdu(header[..BasicHeader.Size], []);
        var data = await ReceiveBytesAsync(length + BasicHeader.PaddingOf(length) + (DataDigest ? 4 : 0));
        if (data is null)
            return null;
        if (DataDigest)
            CheckDigest(data);
        return new TestPdu(header[..BasicHeader.Size], data[..length]);
    }

    private static void CheckDigest(byte[] bytes) =>
        Invariant.Check(Crc32C.Compute(bytes.AsSpan(0,
            bytes.Length - 4)) == BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4)));

    private async ValueTask<byte[]?> ReceiveBytesAsync(int length)
    {
        while (PausesReceiving)
            await _reactor.DelayAsync(1_000_000);
        var buffer = _reactor.Buffers.Rent(length);
        var received = await _connection.ReceiveExactlyAsync(buffer.Slice(0, length));
        var bytes = received.IsOk && received.Bytes == length ? buffer.Slice(0, length).Span.ToArray() : null;
        buffer.Release();
        return bytes;
    }

    private bool Handle(TestPdu pdu)
    {
        if (pdu.Opcode == Opcode.NopIn && pdu.InitiatorTaskTag == BasicHeader.NoTag)
        {
            Pings++;
            if (!AnswersPings)
                return true;
            Span<byte> header = stackalloc byte[BasicHeader.Size];
            new NopOut
            {
                IsImmediate = true,
                InitiatorTaskTag = BasicHeader.NoTag,
                TargetTransferTag = pdu.AsNopIn().TargetTransferTag,
                CmdSn = CmdSn,
            }.Write(header);
            Send(header);
            return true;
        }

        return _commands.TryGetValue(pdu.InitiatorTaskTag, out var command) && command.Handle(this, pdu);
    }
}
