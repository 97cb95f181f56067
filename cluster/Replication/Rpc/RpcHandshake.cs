using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Uss.Runtime;

namespace Uss.Replication.Rpc;

/// <summary>
/// The handshake, one side of it. Hellos go both ways, then proofs: the dialer's first, so that the acceptor proves
/// nothing to strangers.
/// <code>
/// dialer                      acceptor
///   hello  ------------------->
///          &lt;-------------------  hello    or refusal
///      (TLS 1.3 begins, when both encrypt)
///   proof  ------------------->
///          &lt;-------------------  proof    or refusal
/// </code>
/// A proof is HMAC-SHA-256 with the cluster key over the prover's role and both hellos: it is good for these nonces,
/// names, incarnations, versions and windows, in this direction only. Under TLS it also covers the acceptor's certificate: who
/// stands in between has another one, and cannot make the proofs anew.
/// </summary>
internal sealed class RpcHandshake : IDisposable
{
    private readonly Reactor _reactor;
    private readonly RpcIdentity _self;
    private readonly RpcOptions _options;
    private readonly RpcRole _role;
    private readonly PageBuffer _buffer;
    private readonly SendVector _vector = new(1);
    private readonly byte[] _ownHello = new byte[RpcHello.Size];
    private readonly byte[] _peerHello = new byte[RpcHello.Size];
    private readonly byte[] _binding;
    private IConnection _transport;
    private RpcHello _received;
    private RpcHello _peer;
    private int _version;
    private bool _isTimeOver;
    private bool _isGuest;

    private RpcHandshake(Reactor reactor, IConnection transport, RpcIdentity self, RpcOptions options, RpcRole role)
    {
        Invariant.Check(self.ClusterKey.Length == RpcHello.SecretBytes);
        Invariant.Check(Encoding.UTF8.GetByteCount(self.NodeName) is > 0 and <= RpcLimits.NameBytes);
        Invariant.Check(options.WindowRequests is > 0 and <= RpcLimits.WindowRequests);
        Invariant.Check(options.WindowBytes is >= RpcLimits.CallBytes and <= RpcLimits.WindowBytes);
        Invariant.Check(options.MinimumVersion > 0 && options.MaximumVersion is var maximum && maximum >= options.MinimumVersion);
        _reactor = reactor;
        _transport = transport;
        _binding = options.Tls is null ? [] : new byte[TlsIdentity.HashBytes];
        _self = self;
        _options = options;
        _role = role;
        _buffer = reactor.Buffers.Rent(RpcHello.Size);
        Span<byte> nonce = stackalloc byte[RpcHello.SecretBytes];
        reactor.FillEntropy(nonce);
        var hello = new RpcHello
        {
            Kind = RpcHelloKind.Hello,
            Role = role,
            MinimumVersion = options.MinimumVersion,
            MaximumVersion = options.MaximumVersion,
            WindowRequests = options.WindowRequests,
            WindowBytes = options.WindowBytes,
            IsEncrypting = options.Tls is not null,
            Incarnation = self.Incarnation,
            ClusterId = self.ClusterId,
            Name = self.NodeName,
        };
        hello.Write(_ownHello, nonce);
    }

    private bool IsEncrypting => _options.Tls is not null;

    private RpcRole PeerRole => _role == RpcRole.Dialer ? RpcRole.Acceptor : RpcRole.Dialer;

    private BufferSlice Message => _buffer.Slice(0, RpcHello.Size);

    /// <summary>Runs one side of the handshake; closes the connection when it fails.</summary>
    public static async ValueTask<Result<RpcTerms>> RunAsync(
        Reactor reactor, IConnection transport, RpcIdentity self, RpcOptions options, RpcRole role)
    {
        using var handshake = new RpcHandshake(reactor, transport, self, options, role);
        var timer = reactor.Schedule(
            options.HandshakeTimeoutMs * 1_000_000L, static handshake => ((RpcHandshake)handshake!).EndTime(), handshake);
        var fault = role == RpcRole.Dialer ? await handshake.DialAsync() : await handshake.AcceptAsync();
        timer.Cancel();
        if (fault is not null)
        {
            if (handshake._isGuest)
                await options.Guests!.ServeAsync(transport, handshake.Message.Span.ToArray());
            await handshake._transport.CloseAsync();
            return handshake._isTimeOver ? RpcFaults.TimedOut(transport.Remote) : fault;
        }

        var peer = new RpcPeer(handshake._peer.Name, handshake._peer.Incarnation, handshake._version);
        return new RpcTerms(peer, handshake._peer.WindowRequests, handshake._peer.WindowBytes, handshake._transport);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _vector.Dispose();
        _buffer.Release();
    }

    private async ValueTask<Fault?> DialAsync()
    {
        if (await SendAsync(_ownHello) is { } unsent)
            return unsent;
        if (await ReceiveHelloAsync() is { } fault)
            return fault;
        if (await EncryptAsync() is { } untrusted)
            return untrusted;
        if (await SendProofAsync() is { } unproved)
            return unproved;
        return await ReceiveProofAsync();
    }

    private async ValueTask<Fault?> AcceptAsync()
    {
        if (await ReceiveHelloAsync() is { } fault)
            return fault;
        if (await SendAsync(_ownHello) is { } unsent)
            return unsent;
        if (await EncryptAsync() is { } untrusted)
            return untrusted;
        if (await ReceiveProofAsync() is { } unproved)
            return unproved;
        return await SendProofAsync();
    }

    private async ValueTask<Fault?> ReceiveHelloAsync()
    {
        if (await ReceiveAsync(RpcHelloKind.Hello) is { } fault)
            return fault;
        _peer = _received;
        Message.Span.CopyTo(_peerHello);
        _version = Math.Min(_options.MaximumVersion, _peer.MaximumVersion);
        if (_peer.Role != _role
            && _peer.ClusterId == _self.ClusterId
            && _peer.Name != _self.NodeName
            && _peer.IsEncrypting == IsEncrypting
            && _version >= Math.Max(_options.MinimumVersion, _peer.MinimumVersion))
        {
            return null;
        }

        // A hello of the own role is an own one that comes back, or nonsense.
        return await RefuseAsync(
            _peer.Role == _role ? RpcRefusal.Proof
            : _peer.ClusterId != _self.ClusterId ? RpcRefusal.ForeignCluster
            : _peer.Name == _self.NodeName ? RpcRefusal.Self
            : _peer.IsEncrypting != IsEncrypting ? RpcRefusal.Tls
            : RpcRefusal.Version);
    }

    // From here on everything goes through TLS; the proofs then tell whether its other end is the peer.
    private async ValueTask<Fault?> EncryptAsync()
    {
        if (_options.Tls is not { } identity)
            return null;
        var encrypted = new TlsConnection(_reactor, _transport);
        _transport = encrypted;
        return await encrypted.StartAsync(identity, _role, _binding);
    }

    private async ValueTask<Fault?> ReceiveProofAsync()
    {
        if (await ReceiveAsync(RpcHelloKind.Proof) is { } fault)
            return fault;
        return IsProof(Message.Span.Slice(RpcHello.SecretOffset, RpcHello.SecretBytes)) ? null : await RefuseAsync(RpcRefusal.Proof);
    }

    private ValueTask<Fault?> SendProofAsync()
    {
        var message = new byte[RpcHello.Size];
        Span<byte> proof = stackalloc byte[RpcHello.SecretBytes];
        Prove(_role, proof);
        new RpcHello { Kind = RpcHelloKind.Proof, Role = _role }.Write(message, proof);
        return SendAsync(message);
    }

    private bool IsProof(ReadOnlySpan<byte> candidate)
    {
        Span<byte> expected = stackalloc byte[RpcHello.SecretBytes];
        Prove(PeerRole, expected);
        return CryptographicOperations.FixedTimeEquals(expected, candidate);
    }

    private void Prove(RpcRole prover, Span<byte> proof)
    {
        var label = prover == RpcRole.Dialer ? "uss-rpc dialer  "u8 : "uss-rpc acceptor"u8;
        Span<byte> text = stackalloc byte[16 + (2 * RpcHello.Size) + _binding.Length];
        label.CopyTo(text);
        (_role == RpcRole.Dialer ? _ownHello : _peerHello).CopyTo(text[16..]);
        (_role == RpcRole.Dialer ? _peerHello : _ownHello).CopyTo(text[(16 + RpcHello.Size)..]);
        _binding.CopyTo(text[(16 + (2 * RpcHello.Size))..]);
        HMACSHA256.HashData(_self.ClusterKey.Span, text, proof);
    }

    private async ValueTask<Fault?> RefuseAsync(RpcRefusal reason)
    {
        var message = new byte[RpcHello.Size];
        new RpcHello { Kind = RpcHelloKind.Refusal, Role = _role, Refusal = reason }.Write(message, []);
        await SendAsync(message);
        return RpcFaults.Refused(reason, _transport.Remote, byPeer: false, IsEncrypting);
    }

    private async ValueTask<Fault?> ReceiveAsync(RpcHelloKind expected)
    {
        var result = await _transport.ReceiveExactlyAsync(Message);
        if (!result.IsOk || result.Bytes < RpcHello.Size)
            return RpcFaults.Ended(_transport.Remote, result);
        if (!RpcHello.TryParse(Message.Span, out _received))
        {
            _isGuest = expected == RpcHelloKind.Hello
                && _role == RpcRole.Acceptor
                && _options.Guests is { } guests
                && BinaryPrimitives.ReadUInt32LittleEndian(Message.Span) == guests.Magic;
            return RpcFaults.Garbage(_transport.Remote);
        }

        if (_received.Kind == RpcHelloKind.Refusal)
            return RpcFaults.Refused(_received.Refusal, _transport.Remote, byPeer: true, IsEncrypting);
        return _received.Kind == expected ? null : RpcFaults.Garbage(_transport.Remote);
    }

    private async ValueTask<Fault?> SendAsync(byte[] message)
    {
        message.CopyTo(Message.Span);
        _vector.Add(Message);
        var result = await _transport.SendAsync(_vector);
        _vector.Clear();
        return result.IsOk ? null : RpcFaults.Ended(_transport.Remote, result);
    }

    private void EndTime()
    {
        _isTimeOver = true;
        _transport.Abort();
    }
}
