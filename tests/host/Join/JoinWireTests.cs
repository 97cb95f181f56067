using System.Net;
using System.Net.Sockets;
using Uss.Runtime;

namespace Uss.Host.Join;

/// <summary>What guests and hosts do with each other's bytes when somebody changes, records or withholds them.</summary>
public sealed class JoinWireTests
{
    private static readonly Endpoint _listen = new(IPAddress.Parse("10.0.0.2"), 7400);

    private JoinFixture _host = null!;

    [SetUp]
    public async Task SetUp() => _host = await JoinFixture.StartAsync(guestLimitNs: 2_000_000_000);

    [TearDown]
    public async Task TearDown() => await _host.DisposeAsync();

    [Test]
    public async Task Nothing_secret_goes_over_the_wire()
    {
        var token = await _host.MakeTokenAsync();
        await using var wire = await Wire.OpenAsync(_host.Address);
        Assert.That((await new JoinGuest(token, "n2", _listen).RunAsync(wire, _host.Address, default)).IsOk);
        foreach (var secret in (byte[][])[token.Secret, JoinFixture.Identity.Key])
        {
            Assert.That(wire.Sent.AsSpan().IndexOf(secret.AsSpan(0, 8)), Is.Negative);
            Assert.That(wire.Received.AsSpan().IndexOf(secret.AsSpan(0, 8)), Is.Negative);
        }

        // Request 192, challenge and proof with a public key each, the grant.
        Assert.That(wire.Sent, Has.Length.EqualTo(192 + 192 + 64));
        Assert.That(wire.Received, Has.Length.GreaterThan(192 + 64 + 192 + 16));
    }

    [Test]
    public async Task A_changed_bit_on_the_way_lets_nobody_in([Values] bool isSent)
    {
        var token = await _host.MakeTokenAsync();
        var total = isSent ? 192 + 192 + 64 : 192 + 64 + 192 + 120;

        // A prime step, so that all fields have their turn.
        for (var index = 0; index < total; index += 13)
        {
            await _host.DisposeAsync();
            _host = await JoinFixture.StartAsync(guestLimitNs: 2_000_000_000);
            token = await _host.MakeTokenAsync();
            await using var wire = await Wire.OpenAsync(_host.Address);
            wire.Change(isSent, index);
            var outcome = await TryAsync(token, wire);
            Assert.That(outcome.IsOk, Is.False, $"byte {index}");
        }
    }

    [Test]
    public async Task What_was_recorded_is_worth_nothing()
    {
        var token = await _host.MakeTokenAsync();
        byte[] sent;
        await using (var wire = await Wire.OpenAsync(_host.Address))
        {
            Assert.That((await TryAsync(token, wire)).IsOk);
            sent = wire.Sent;
        }

        await using var again = await Wire.OpenAsync(_host.Address);
        await again.WriteAsync(sent);
        var answer = new byte[192 + 64 + 192];
        await again.ReadExactlyAsync(answer);
        Assert.That(JoinMessage.Parse(answer.AsSpan(192 + 64)), Has.Property("Refusal").EqualTo(JoinRefusal.Proof));
    }

    [Test]
    public async Task Another_version_is_told_so()
    {
        await using var wire = await Wire.OpenAsync(_host.Address);
        var request = new JoinMessage { Kind = JoinKind.Request, Version = 2, ClusterId = JoinFixture.Identity.Id, Name = "n2", Listen = _listen };
        await wire.WriteAsync(request.ToBytes());
        Assert.That(await wire.ReadMessageAsync(), Has.Property("Refusal").EqualTo(JoinRefusal.Version));
    }

    [TestCase("N 2", "10.0.0.2:7400")]
    [TestCase("", "10.0.0.2:7400")]
    [TestCase("n2", "0.0.0.0:7400")]
    [TestCase("n2", "10.0.0.2:0")]
    public async Task Names_and_addresses_that_cannot_be_are_refused(string name, string listen)
    {
        var outcome = await JoinFixture.JoinAsync(await _host.MakeTokenAsync(), name, listen);
        Assert.That(outcome.Fault!.Code, Is.EqualTo("bad-join"));
    }

    [Test]
    public async Task Who_says_nothing_or_garbage_is_sent_away([Values(0, 1, 192, 255)] int bytes, [Values] bool isGarbage)
    {
        await using var wire = await Wire.OpenAsync(_host.Address);
        var request = new JoinMessage { Kind = JoinKind.Request, ClusterId = JoinFixture.Identity.Id, Name = "n2", Listen = _listen };
        byte[] said = [.. request.ToBytes(), .. new byte[63]];
        if (isGarbage && bytes > 4)
            said.AsSpan(4).Fill(0xa5);
        await wire.WriteAsync(said.AsMemory(0, bytes));

        // Whatever it is told, the connection ends.
        var buffer = new byte[4096];
        while (await wire.ReadAsync(buffer) > 0)
        {
        }
    }

    [Test]
    public async Task A_host_that_does_not_know_the_secret_is_found_out()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = new Endpoint(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndpoint).Port);
        var impostor = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            await stream.ReadExactlyAsync(new byte[192]);
            using var pair = JoinKeys.CreatePair();
            await stream.WriteAsync(Message(JoinKind.Challenge, JoinKeys.PublicOf(pair)));
            await stream.ReadExactlyAsync(new byte[192 + 64]);
            await stream.WriteAsync(Message(JoinKind.Grant, new byte[120]));
        });
        var token = _host.Token(JoinFixture.Identity) with { Addresses = [address] };
        Assert.That((await JoinFixture.JoinAsync(token)).Fault!.Code, Is.EqualTo("join-impostor"));
        await impostor;
    }

    private static byte[] Message(JoinKind kind, byte[] attached) =>
        [.. new JoinMessage { Kind = kind, ClusterId = JoinFixture.Identity.Id, AttachedBytes = attached.Length }.ToBytes(), .. attached];

    private static async Task<Result<JoinGrant>> TryAsync(JoinToken token, Wire wire)
    {
        try
        {
            return await new JoinGuest(token, "n2", _listen).RunAsync(wire, wire.Remote, default);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            return JoinFaults.NoAnswer([wire.Remote], exception.Message);
        }
    }
}
