using System.Security.Cryptography;
using Uss.Runtime;

namespace Uss.Replication.Rpc.Tests;

public sealed class TlsHandshakeTests(string kind) : RpcContract(kind)
{
    private static readonly RpcIdentity _dialer = RpcPair.Identity("a");
    private static readonly RpcIdentity _acceptor = RpcPair.Identity("b");
    private static readonly TlsIdentity _own = TlsIdentity.Create();
    private static readonly RpcOptions _encrypted = new() { Tls = _own, HandshakeTimeoutMs = 20_000 };

    [Test]
    public Task Whoever_encrypts_and_whoever_does_not_refuse_each_other([Values] bool isDialerEncrypting) => Run(async reactor =>
    {
        var (dialerOptions, acceptorOptions) = isDialerEncrypting ? (_encrypted, RpcOptions.Default) : (RpcOptions.Default, _encrypted);
        var listener = reactor.Listen(Loopback, 16).Value!;
        var accepting = RpcPair.AcceptAsync(listener, _acceptor, new EchoService(), acceptorOptions);
        var dialed = await RpcConnection.ConnectAsync(listener.Local, _dialer, new EchoService(), dialerOptions);
        var accepted = await accepting;
        Assert.That(dialed.Fault?.Code, Is.EqualTo("rpc-refused-tls"));
        Assert.That(accepted.Fault?.Code, Is.EqualTo("rpc-refused-tls"));
        var (words, others) = ("this node encrypts and that one does not", "that node encrypts and this one does not");
        Assert.That(dialed.Fault!.Message, Does.Contain("refused this node").And.Contain(isDialerEncrypting ? words : others));
        Assert.That(accepted.Fault!.Message, Does.Contain("is refused").And.Contain(isDialerEncrypting ? others : words));
        Assert.That(dialed.Fault.Remedy, Does.Contain("--tls"));
        await listener.CloseAsync();
    });

    [Test]
    public Task The_wrong_key_is_refused_under_TLS_too() => Run(async reactor =>
    {
        var listener = reactor.Listen(Loopback, 16).Value!;
        var accepting = RpcPair.AcceptAsync(listener, _acceptor, new EchoService(), _encrypted);
        var other = _dialer with { ClusterKey = new byte[32] };
        var dialed = await RpcConnection.ConnectAsync(listener.Local, other, new EchoService(), _encrypted);
        Assert.That(dialed.Fault?.Code, Is.EqualTo("rpc-refused-proof"));
        Assert.That((await accepting).Fault?.Code, Is.EqualTo("rpc-refused-proof"));
        await listener.CloseAsync();
    });

    [Test]
    public Task Whoever_takes_encryption_out_of_an_answer_is_refused() => Run(async reactor =>
    {
        var (peer, dialing) = await RawPeer.LureAsync(reactor, _encrypted);
        await peer.ReceiveAsync(RpcHello.Size);
        await peer.SendAsync(RawPeer.Hello(RpcRole.Acceptor, isEncrypting: false));
        Assert.That((await dialing).Fault?.Code, Is.EqualTo("rpc-refused-tls"));
        await peer.Transport.CloseAsync();
    });

    // A man in the middle knows no key, but passes everything on, with TLS of his own on either side.
    [Test]
    public Task A_man_in_the_middle_is_refused() => Run(async reactor =>
    {
        var (left, dialing) = await RawPeer.LureAsync(reactor, _encrypted);
        var (right, accepting) = await RawPeer.KnockAsync(reactor, _encrypted);
        await right.SendAsync(await left.ReceiveAsync(RpcHello.Size));
        await left.SendAsync(await right.ReceiveAsync(RpcHello.Size));
        var (toDialer, toAcceptor) = (new TlsConnection(reactor, left.Transport), new TlsConnection(reactor, right.Transport));
        Assert.That(await toDialer.StartAsync(TlsIdentity.Create(), RpcRole.Acceptor, new byte[32]), Is.Null);
        Assert.That(await toAcceptor.StartAsync(_own, RpcRole.Dialer, new byte[32]), Is.Null);
        (left, right) = (new RawPeer(reactor, toDialer), new RawPeer(reactor, toAcceptor));
        await right.SendAsync(await left.ReceiveAsync(RpcHello.Size));
        await left.SendAsync(await right.ReceiveAsync(RpcHello.Size));
        Assert.That((await accepting).Fault?.Code, Is.EqualTo("rpc-refused-proof"));
        Assert.That((await dialing).Fault?.Code, Is.EqualTo("rpc-refused-proof"));
        await toDialer.CloseAsync();
        await toAcceptor.CloseAsync();
    });

    // The acceptor's proof, made for the certificate that the dialer saw, or for the acceptor's real one behind a man in the middle.
    [Test]
    public Task A_dialer_wants_a_proof_for_the_certificate_that_it_saw([Values] bool isSame) => Run(async reactor =>
    {
        var (peer, dialing) = await RawPeer.LureAsync(reactor, _encrypted);
        var hello = await peer.ReceiveAsync(RpcHello.Size);
        var answer = RawPeer.Hello(RpcRole.Acceptor, isEncrypting: true);
        await peer.SendAsync(answer);
        var encrypted = new TlsConnection(reactor, peer.Transport);
        Assert.That(await encrypted.StartAsync(_own, RpcRole.Acceptor, new byte[32]), Is.Null);
        peer = new RawPeer(reactor, encrypted);
        await peer.ReceiveAsync(RpcHello.Size);
        byte[] text = [.. "uss-rpc acceptor"u8, .. hello, .. answer, .. isSame ? _own.Hash : TlsIdentity.Create().Hash];
        var proof = new byte[RpcHello.Size];
        new RpcHello { Kind = RpcHelloKind.Proof, Role = RpcRole.Acceptor }.Write(proof, HMACSHA256.HashData(RpcPair.Key, text));
        await peer.SendAsync(proof);
        var dialed = await dialing;
        Assert.That(dialed.Fault?.Code, Is.EqualTo(isSame ? null : "rpc-refused-proof"));
        if (dialed.IsOk)
            await dialed.Value.CloseAsync();
        await encrypted.CloseAsync();
    });

    // Nothing, or the first bytes of a record of a handshake (RFC 8446, section 5.1) that promise 512 more.
    [Test]
    public Task A_dialer_that_is_silent_within_TLS_is_dropped_in_time([Values(0, 1, 5, 100)] int bytes) => Run(async reactor =>
    {
        var (peer, accepting) = await RawPeer.KnockAsync(reactor, new RpcOptions { Tls = _own, HandshakeTimeoutMs = 100 });
        await peer.SendAsync(RawPeer.Hello(RpcRole.Dialer, isEncrypting: true));
        var record = new byte[100];
        new byte[] { 22, 3, 1, 2, 0, 1, 0, 1, 252 }.CopyTo(record, 0);
        await peer.SendAsync(record[..bytes]);
        Assert.That((await accepting).Fault?.Code, Is.EqualTo("rpc-handshake-timeout"));
        await peer.Transport.CloseAsync();
    });

    [Test]
    public Task An_acceptor_that_is_silent_within_TLS_is_left_in_time() => Run(async reactor =>
    {
        var (peer, dialing) = await RawPeer.LureAsync(reactor, new RpcOptions { Tls = _own, HandshakeTimeoutMs = 100 });
        await peer.SendAsync(RawPeer.Hello(RpcRole.Acceptor, isEncrypting: true));
        Assert.That((await dialing).Fault?.Code, Is.EqualTo("rpc-handshake-timeout"));
        await peer.Transport.CloseAsync();
    });

    [Test]
    public Task A_connection_that_is_cut_within_TLS_is_a_fault([Values] bool isDialer, [Values] bool isAbort) => Run(async reactor =>
    {
        var (peer, starting) = isDialer ? await RawPeer.LureAsync(reactor, _encrypted) : await RawPeer.KnockAsync(reactor, _encrypted);
        await peer.SendAsync(RawPeer.Hello(isDialer ? RpcRole.Acceptor : RpcRole.Dialer, isEncrypting: true));
        await peer.ReceiveAsync(RpcHello.Size);
        if (isDialer)
            await peer.ReceiveAsync(100);
        if (isAbort)
            peer.Transport.Abort();
        await peer.Transport.CloseAsync();
        Assert.That((await starting).Fault?.Code, Is.EqualTo("rpc-handshake-lost"));
    });

    [Test]
    public Task What_is_no_TLS_is_a_fault([Values] bool isDialer) => Run(async reactor =>
    {
        var (peer, starting) = isDialer ? await RawPeer.LureAsync(reactor, _encrypted) : await RawPeer.KnockAsync(reactor, _encrypted);
        await peer.SendAsync(RawPeer.Hello(isDialer ? RpcRole.Acceptor : RpcRole.Dialer, isEncrypting: true));
        await peer.ReceiveAsync(RpcHello.Size);
        var garbage = new byte[4096];
        garbage.AsSpan().Fill(0x55);
        await peer.SendAsync(garbage);
        var fault = (await starting).Fault;
        Assert.That(fault?.Code, Is.EqualTo("rpc-handshake-tls"));
        TestContext.Out.WriteLine(fault);
        await peer.Transport.CloseAsync();
    });
}
