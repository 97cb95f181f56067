using System.Buffers.Binary;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;
using Uss.TestSupport;

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

    public async ValueTask SendAsync(byte[] bytes) => await RawBytes.SendAsync(reactor, transport, bytes);

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

    private ValueTask<byte[]> ReceiveAsync(int count) => RawBytes.ReceiveAsync(reactor, transport, count);
}
