using System.Buffers.Binary;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;

namespace Uss.Simulation.Nfs;

/// <summary>
/// A machine that has mounted a file system <c>hard</c>: calls that are not answered are sent again with the same number, by a new
/// connection, when theirs has ended or nothing has come for a while; also to another front-end.
/// </summary>
internal sealed class NfsClient
{
    private const uint NfsNumber = 100003;
    private const int CredentialBytes = 64;

    private readonly Reactor _reactor;
    private readonly Func<Endpoint> _choose;
    private readonly Func<long> _patienceNs;
    private readonly SortedDictionary<uint, Waiting> _waiting = [];
    private NfsTransport? _transport;
    private uint _lastXid;
    private bool _isConnecting;

    /// <summary>Creates a client that connects when it has something to ask.</summary>
    /// <param name="reactor">Its machine.</param>
    /// <param name="choose">The front-end for the next connection.</param>
    /// <param name="patienceNs">How long it waits for an answer before it connects anew.</param>
    /// <param name="firstXid">Number of its first call.</param>
    public NfsClient(Reactor reactor, Func<Endpoint> choose, Func<long> patienceNs, uint firstXid = 1)
    {
        (_reactor, _choose, _patienceNs, _lastXid) = (reactor, choose, patienceNs, firstXid - 1);
        User = 0;
    }

    /// <summary>The user that it calls as.</summary>
    public uint User { get; set; }

    /// <summary>Calls that were sent again.</summary>
    public long Resent { get; private set; }

    /// <summary>Number of the call made last.</summary>
    public uint LastXid => _lastXid;

    /// <summary>Makes a call and waits for its answer.</summary>
    public ValueTask<NfsAnswer> CallAsync(NfsCall call) => CallAsync(call, ++_lastXid);

    /// <summary>Makes a call again under a number that it had before.</summary>
    public async ValueTask<NfsAnswer> CallAsync(NfsCall call, uint xid)
    {
        var resent = Resent;
        var reply = await CallAsync(xid, (uint)call.Procedure, call.Arguments);
        return NfsAnswer.Read(call.Procedure, reply, isRepeated: Resent != resent)
            ?? throw new SimulationException($"the answer to {call.Procedure} cannot be decoded: {Convert.ToHexString(reply)}");
    }

    /// <summary>Makes any call; the whole reply.</summary>
    public async ValueTask<byte[]> CallAsync(uint xid, uint procedure, byte[] arguments)
    {
        var waiting = new Waiting(Message(xid, procedure, arguments));
        _waiting.Add(xid, waiting);
        if (_transport is { IsOver: false } transport)
        {
            waiting.IsSent = true;
            transport.Send(waiting.Message);
        }
        else
        {
            Connect();
        }

        waiting.Timer = _reactor.Schedule(_patienceNs(), OnSilence, waiting);
        return await waiting.Reply.Task;
    }

    /// <summary>Ends its connection: what was not answered is sent again by another one.</summary>
    public void Break() => _transport?.Break();

    private void Connect()
    {
        if (_isConnecting)
            return;
        _isConnecting = true;
        _reactor.Spawn(ConnectAsync());
    }

    private async ValueTask ConnectAsync()
    {
        while (_waiting.Count > 0)
        {
            var connected = await _reactor.ConnectAsync(_choose());
            if (!connected.IsOk)
            {
                await _reactor.DelayAsync(10_000_000);
                continue;
            }

            var transport = _transport = new NfsTransport(_reactor, connected.Value, OnReceived);
            foreach (var waiting in _waiting.Values)
            {
                Resent += waiting.IsSent ? 1 : 0;
                waiting.IsSent = true;
                transport.Send(waiting.Message);
            }

            await transport.RunAsync();
        }

        _isConnecting = false;
    }

    private void OnSilence(object? state)
    {
        var waiting = (Waiting)state!;
        if (waiting.Reply.Task.IsCompleted)
            return;
        _transport?.Break();
        waiting.Timer = _reactor.Schedule(_patienceNs(), OnSilence, waiting);
    }

    private void OnReceived(byte[] reply)
    {
        var xid = BinaryPrimitives.ReadUInt32BigEndian(reply);
        if (!_waiting.Remove(xid, out var waiting))
            throw new SimulationException($"a front-end answers {xid}, which nobody asks");
        waiting.Timer?.Cancel();
        waiting.Reply.SetResult(reply);
    }

    private byte[] Message(uint xid, uint procedure, byte[] arguments)
    {
        var credential = new byte[CredentialBytes];
        var body = new XdrWriter(credential);
        body.UInt32(0);
        body.Opaque("client"u8);
        body.UInt32(User);
        body.UInt32(User);
        body.UInt32(0);
        var message = new byte[RpcCall.MaximumSize + arguments.Length];
        var writer = new XdrWriter(message);
        var call = new RpcCall { Xid = xid, Program = NfsNumber, Version = 3, Procedure = procedure, Flavor = AuthFlavor.Sys };
        RpcCall.Write(ref writer, call, credential.AsSpan(0, body.Position));
        arguments.CopyTo(message.AsSpan(writer.Position));
        return message[..(writer.Position + arguments.Length)];
    }

    private sealed class Waiting(byte[] message)
    {
        public byte[] Message { get; } = message;

        public bool IsSent { get; set; }

        public ReactorTimer? Timer { get; set; }

        public TaskCompletionSource<byte[]> Reply { get; } = new();
    }
}
