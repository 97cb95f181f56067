using Uss.NfsFrontend.Xdr;
using Uss.Runtime;

namespace Uss.NfsFrontend.OncRpc;

/// <summary>Which procedure is called (RFC 5531, 9).</summary>
/// <param name="Program">The program.</param>
/// <param name="Version">Its version.</param>
/// <param name="Procedure">The procedure.</param>
public readonly record struct RpcProcedure(uint Program, uint Version, uint Procedure);

/// <summary>
/// Calls of ours to programs of clients: to their lock managers and port mappers. Each call has a socket of its own; they are rare.
/// </summary>
/// <param name="reactor">The reactor that it runs on.</param>
public sealed partial class RpcClient(Reactor reactor)
{
    // Answers of lock managers are far shorter.
    private const int MaximumAnswer = 8192;

    /// <summary>How long a try waits for its answer.</summary>
    public long TimeoutNs { get; init; } = 3_000_000_000;

    /// <summary>Calls by a connection, which comes from whatever address the route has.</summary>
    /// <param name="server">Whom to call.</param>
    /// <param name="procedure">What to call.</param>
    /// <param name="arguments">The arguments as they are on the wire.</param>
    public async ValueTask<RpcAnswer> CallStreamAsync(Endpoint server, RpcProcedure procedure, byte[] arguments)
    {
        var connected = await reactor.ConnectAsync(server, TimeoutNs);
        if (!connected.IsOk)
            return RpcAnswer.Without(RpcOutcome.NotSent);
        var connection = connected.Value;
        var timer = reactor.Schedule(TimeoutNs, static connection => ((IConnection)connection!).Abort(), connection);
        var answer = await ExchangeAsync(connection, procedure, arguments);
        timer.Cancel();
        await connection.CloseAsync();
        return answer;
    }

    private async ValueTask<RpcAnswer> ExchangeAsync(IConnection connection, RpcProcedure procedure, byte[] arguments)
    {
        var xid = (uint)reactor.NewNumber();
        var (buffer, length) = Message(xid, procedure, arguments, RecordMark.Size);
        new RecordMark(length - RecordMark.Size, IsLast: true).Write(buffer.Slice().Span);
        using var vector = new SendVector(1);
        vector.Add(buffer.Slice(0, length));
        buffer.Release();
        var sent = await connection.SendAsync(vector);
        vector.Clear();
        if (!sent.IsOk)
            return RpcAnswer.Without(RpcOutcome.NoAnswer);
        var room = reactor.Buffers.Rent(MaximumAnswer);
        var received = await ReceiveRecordAsync(connection, room.Slice(0, MaximumAnswer));
        var answer = received < 0 ? null : Read(room.Slice(0, received).Span, xid);
        room.Release();
        return answer ?? RpcAnswer.Without(RpcOutcome.NoAnswer);
    }

    // -1 when none comes, or a longer one than there is room for.
    private static async ValueTask<int> ReceiveRecordAsync(IConnection connection, BufferSlice room)
    {
        for (var length = 0; ;)
        {
            if (room.Length - length < RecordMark.Size)
                return -1;
            var received = await connection.ReceiveExactlyAsync(room.Slice(length, RecordMark.Size));
            if (!received.IsOk || received.Bytes < RecordMark.Size)
                return -1;
            var mark = RecordMark.Read(room.Slice(length, RecordMark.Size).Span);
            if (mark.Length == 0 || mark.Length > room.Length - length)
                return -1;
            received = await connection.ReceiveExactlyAsync(room.Slice(length, mark.Length));
            if (!received.IsOk || received.Bytes < mark.Length)
                return -1;
            length += mark.Length;
            if (mark.IsLast)
                return length;
        }
    }

    private static RpcAnswer? Read(ReadOnlySpan<byte> message, uint xid)
    {
        if (!RpcReply.TryParse(message, xid, out var isSuccess, out var offset))
            return null;
        return isSuccess ? new RpcAnswer(RpcOutcome.Answered, message[offset..].ToArray()) : RpcAnswer.Without(RpcOutcome.Refused);
    }

    private (PageBuffer Buffer, int Length) Message(uint xid, RpcProcedure procedure, byte[] arguments, int offset)
    {
        Span<byte> credential = stackalloc byte[32];
        var user = new XdrWriter(credential);
        AuthSys.WriteRoot(ref user, "uss"u8);
        var buffer = reactor.Buffers.Rent(offset + RpcCall.MaximumSize + arguments.Length);
        var writer = new XdrWriter(buffer.Slice(offset, RpcCall.MaximumSize).Span);
        var call = new RpcCall
        {
            Xid = xid,
            Program = procedure.Program,
            Version = procedure.Version,
            Procedure = procedure.Procedure,
            Flavor = AuthFlavor.Sys,
        };
        RpcCall.Write(ref writer, call, credential[..user.Position]);
        arguments.CopyTo(buffer.Slice(offset + writer.Position, arguments.Length).Span);
        return (buffer, offset + writer.Position + arguments.Length);
    }
}
