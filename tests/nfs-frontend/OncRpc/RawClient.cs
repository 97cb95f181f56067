using System.Buffers.Binary;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;

namespace Uss.NfsFrontend.OncRpc.Tests;

/// <summary>A client that sends whatever a test wants.</summary>
internal sealed class RawClient(Reactor reactor, IConnection transport)
{
    public const uint Program = 200_000;

    public IConnection Transport => transport;

    public static async ValueTask<RawClient> ConnectAsync(Reactor reactor, Endpoint server) =>
        new(reactor, (await reactor.ConnectAsync(server)).Value!);

    /// <summary>A call of the test's program with one opaque argument.</summary>
    public static byte[] Call(uint xid, uint procedure, byte[]? argument = null, uint program = Program, uint version = 3, byte[]? user = null)
    {
        var header = new RpcCall
        {
            Xid = xid,
            Program = program,
            Version = version,
            Procedure = procedure,
            Flavor = user is null ? AuthFlavor.None : AuthFlavor.Sys,
        };
        var message = RpcMessageTests.Call(header, user);
        if (argument is null)
            return message;
        var arguments = new byte[argument.Length + 8];
        var writer = new XdrWriter(arguments);
        writer.Opaque(argument);
        return [.. message, .. arguments[..writer.Position]];
    }

    /// <summary>The message as one record, in fragments of at most so many bytes.</summary>
    public static byte[] Record(byte[] message, int fragmentBytes = int.MaxValue)
    {
        var record = new List<byte>();
        var mark = new byte[RecordMark.Size];
        for (var offset = 0; offset < message.Length;)
        {
            var length = Math.Min(fragmentBytes, message.Length - offset);
            new RecordMark(length, offset + length == message.Length).Write(mark);
            record.AddRange(mark);
            record.AddRange(message.AsSpan(offset, length));
            offset += length;
        }

        return [.. record];
    }

    public async ValueTask SendAsync(byte[] bytes)
    {
        const int part = 1 << 20;
        using var vector = new SendVector((bytes.Length / part) + 1);
        for (var offset = 0; offset < bytes.Length; offset += part)
        {
            var length = Math.Min(part, bytes.Length - offset);
            var buffer = reactor.Buffers.Rent(length);
            bytes.AsSpan(offset, length).CopyTo(buffer.Slice().Span);
            vector.Add(buffer.Slice(0, length));
            buffer.Release();
        }

        await transport.SendAsync(vector);
        vector.Clear();
    }

    /// <summary>The next reply; nothing when the server has closed.</summary>
    public async ValueTask<byte[]> ReceiveAsync()
    {
        var bytes = await ReceiveAsync(RecordMark.Size);
        if (bytes.Length < RecordMark.Size)
            return [];
        var mark = RecordMark.Read(bytes);
        Assert.That(mark.IsLast);
        Assert.That(mark.Length % 4, Is.Zero);
        return await ReceiveAsync(mark.Length);
    }

    public async ValueTask<byte[]> CallAsync(byte[] message)
    {
        await SendAsync(Record(message));
        return await ReceiveAsync();
    }

    public static uint XidOf(byte[] reply) => BinaryPrimitives.ReadUInt32BigEndian(reply);

    private async ValueTask<byte[]> ReceiveAsync(int count)
    {
        var buffer = reactor.Buffers.Rent(count);
        var received = await transport.ReceiveExactlyAsync(buffer.Slice(0, count));
        var bytes = received.IsOk ? buffer.Slice(0, received.Bytes).Span.ToArray() : [];
        buffer.Release();
        return bytes;
    }
}
