using System.Net;
using System.Net.Sockets;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.Xdr;

namespace Uss.Benchmarks.Rig.Nfs;

/// <summary>
/// A connection to an RPC server, for one thread that keeps several calls under way, as root (AUTH_SYS). Calls leave together when
/// the thread would wait for a reply.
/// </summary>
internal sealed class RpcStream : IDisposable
{
    /// <summary>Most calls under way; each has a slot.</summary>
    public const int MaximumSlots = 1 << SlotBits;

    private const int SlotBits = 8;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000, SendTimeout = 30_000 };
    private readonly RecordReader _records = new();
    private readonly uint[] _xids = new uint[MaximumSlots];
    private readonly byte[] _credential = new byte[32];
    private readonly int _credentialLength;
    private byte[] _unsent = new byte[64 << 10];
    private int _unsentLength;

    // A server answers a call whose number it knows from what it remembers: each connection counts from elsewhere.
    private uint _sequence = (uint)Random.Shared.Next();

    public RpcStream(int port)
    {
        var writer = new XdrWriter(_credential);
        AuthSys.WriteRoot(ref writer, "bench"u8);
        _credentialLength = writer.Position;
        _socket.Connect(IPAddress.Loopback, port);
    }

    /// <summary>Makes a call, which leaves at the next <see cref="Receive"/> at the latest.</summary>
    /// <param name="call">What is called.</param>
    /// <param name="number">Which one it is, for its arguments.</param>
    /// <param name="slot">A slot without a call under way.</param>
    public void Add(NfsCall call, int number, int slot)
    {
        var most = RecordMark.Size + RpcCall.MaximumSize + NfsCall.PlainBytes + call.DataBytes;
        if (_unsent.Length - _unsentLength < most)
            Array.Resize(ref _unsent, Math.Max(_unsent.Length * 2, _unsentLength + most));
        var record = _unsent.AsSpan(_unsentLength, most);
        _xids[slot] = (_sequence++ << SlotBits) | (uint)slot;
        var writer = new XdrWriter(record[RecordMark.Size..]);
        var header = new RpcCall
        {
            Xid = _xids[slot],
            Program = call.Procedure.Program,
            Version = call.Procedure.Version,
            Procedure = call.Procedure.Procedure,
            Flavor = AuthFlavor.Sys,
        };
        RpcCall.Write(ref writer, header, _credential.AsSpan(0, _credentialLength));
        call.Write(ref writer, number);
        new RecordMark(writer.Position, IsLast: true).Write(record);
        _unsentLength += RecordMark.Size + writer.Position;
    }

    /// <summary>Waits for a reply and gives its results, behind the status; they are there until the next call of this method.</summary>
    /// <param name="slot">Whose call it answers.</param>
    /// <exception cref="BenchmarkException">No answer, or one that is no success.</exception>
    public ReadOnlySpan<byte> Receive(out int slot)
    {
        ReadOnlySpan<byte> reply;
        while (!_records.TryRead(out reply))
        {
            Flush();
            var count = _socket.Receive(_records.Room());
            if (count == 0)
                throw new BenchmarkException("the NFS server closed the connection");
            _records.Advance(count);
        }

        var xid = new XdrReader(reply).UInt32();
        slot = (int)(xid & (MaximumSlots - 1));
        if (!RpcReply.TryParse(reply, _xids[slot], out var isSuccess, out var offset) || !isSuccess)
            throw new BenchmarkException("the NFS server refuses a call or answers one that was not made");
        var results = new XdrReader(reply, offset);
        if (results.UInt32() is var status && (!results.IsOk || status != 0))
            throw new BenchmarkException($"the NFS server answers with status {status}");
        return reply[results.Position..];
    }

    /// <summary>Makes one call and waits for its results.</summary>
    public ReadOnlySpan<byte> Call(NfsCall call)
    {
        Add(call, 0, 0);
        return Receive(out _);
    }

    public void Dispose() => _socket.Dispose();

    private void Flush()
    {
        for (var sent = 0; sent < _unsentLength;)
            sent += _socket.Send(_unsent.AsSpan(sent, _unsentLength - sent));
        _unsentLength = 0;
    }
}
