using System.Net;
using Uss.Runtime.Simulated;

namespace Uss.Runtime.Tests.Simulated;

public sealed class SimulatedNetworkTests
{
    private const int Port = 3260;
    private SimulatedWorld _world = null!;
    private SimulatedReactor _server = null!;
    private SimulatedReactor _client = null!;

    [TearDown]
    public void TearDown() => _world?.Dispose();

    [Test]
    public void Bytes_arrive_in_order_in_pieces_of_any_size()
    {
        Create(1);
        var (near, far) = Connect();
        const int length = 1 << 20;
        var sent = new byte[length];
        new SeededRandom(5).Fill(sent);
        var pieces = new HashSet<int>();
        var received = new List<byte>();
        var receiving = _world.Start(
            _server,
            async () =>
            {
                var buffer = _server.Buffers.Rent(65536);
                while (true)
                {
                    var result = await far.ReceiveAsync(buffer.Slice());
                    Assert.That(result.IsOk);
                    if (result.Bytes == 0)
                        break;
                    pieces.Add(result.Bytes);
                    received.AddRange(buffer.Slice(0, result.Bytes).Span.ToArray());
                }

                await far.CloseAsync();
                buffer.Release();
                return true;
            });
        _world.Run(
            _client,
            async () =>
            {
                await SendAsync(_client, near, sent);
                await near.CloseAsync();
            });
        Assert.That(_world.RunUntil(() => receiving.IsDone, 60_000_000_000));
        Assert.That(received.SequenceEqual(sent));
        Assert.That(pieces, Has.Count.GreaterThan(5));
        Assert.That(_server.Buffers.RentedBuffers + _client.Buffers.RentedBuffers, Is.Zero);
        Assert.That(_world.Network.OpenConnections, Is.Zero);
    }

    [Test]
    public void A_full_window_holds_the_sender_back()
    {
        Create(1);
        var (near, _) = Connect();
        var sending = _world.Start(
            _client,
            async () =>
            {
                await SendAsync(_client, near, new byte[_world.Network.WindowBytes + 1]);
                return true;
            });
        Assert.That(_world.RunUntil(() => sending.IsDone, 5_000_000_000), Is.False);
    }

    [Test]
    public void An_exact_receive_waits_for_all_and_ends_short_at_the_end_of_the_stream()
    {
        Create(1);
        var (near, far) = Connect();
        _world.Run(
            _client,
            async () =>
            {
                await SendAsync(_client, near, new byte[3000]);
                await near.CloseAsync();
            });
        var buffer = _server.Buffers.Rent(4096);
        Assert.That(_world.Run(_server, () => far.ReceiveExactlyAsync(buffer.Slice(0, 2000))).Bytes, Is.EqualTo(2000));
        Assert.That(_world.Run(_server, () => far.ReceiveExactlyAsync(buffer.Slice(0, 2000))).Bytes, Is.EqualTo(1000));
        Assert.That(_world.Run(_server, () => far.ReceiveExactlyAsync(buffer.Slice(0, 2000))).Bytes, Is.Zero);
        buffer.Release();
    }

    [Test]
    public void An_abort_cancels_here_and_resets_there()
    {
        Create(1);
        var (near, far) = Connect();
        var there = StartReceive(_server, far);
        var here = StartReceive(_client, near);
        _world.RunFor(1_000_000);
        Assert.That(here.IsDone || there.IsDone, Is.False);
        _world.Run(
            _client,
            async () =>
            {
                near.Abort();
                await near.CloseAsync();
            });
        Assert.That(here.IsDone);
        Assert.That(here.Result.Error, Is.EqualTo(Errno.Canceled));
        Assert.That(_world.RunUntil(() => there.IsDone, 1_000_000_000));
        Assert.That(there.Result.Error, Is.EqualTo(Errno.ConnectionReset));
    }

    [Test]
    public void The_peer_of_a_killed_process_sees_the_end_or_a_reset()
    {
        var ends = 0;
        var resets = 0;
        for (var seed = 0UL; seed < 20; seed++)
        {
            Create(seed);
            var (near, _) = Connect();
            var receive = StartReceive(_client, near);
            _world.Crash(_server);
            Assert.That(_world.RunUntil(() => receive.IsDone, 1_000_000_000));
            ends += receive.Result.Value == 0 ? 1 : 0;
            resets += receive.Result.Error == Errno.ConnectionReset ? 1 : 0;
            _world.Dispose();
        }

        Assert.That(ends, Is.GreaterThan(2));
        Assert.That(resets, Is.GreaterThan(2));
        Assert.That(ends + resets, Is.EqualTo(20));
    }

    [Test]
    public void A_machine_without_power_is_silent_until_it_starts_again()
    {
        Create(1);
        var (near, _) = Connect();
        var receive = StartReceive(_client, near);
        _world.PowerCut(_server.Host);
        _world.RunFor(5_000_000_000);
        Assert.That(receive.IsDone, Is.False);
        _server = _world.CreateReactor("server");
        _world.Run(_client, () => SendAsync(_client, near, new byte[10]));
        Assert.That(_world.RunUntil(() => receive.IsDone, 5_000_000_000));
        Assert.That(receive.Result.Error, Is.EqualTo(Errno.ConnectionReset));
    }

    [Test]
    public void A_blocked_direction_delays_bytes_until_it_heals()
    {
        Create(1);
        var (near, far) = Connect();
        _world.Network.Link(_client.Host, _server.Host).IsBlocked = true;
        var there = StartReceive(_server, far);
        var here = StartReceive(_client, near);
        _world.Run(_client, () => SendAsync(_client, near, new byte[10]));
        _world.Run(_server, () => SendAsync(_server, far, new byte[10]));
        _world.RunFor(5_000_000_000);
        Assert.That(here.IsDone, "the other direction is open");
        Assert.That(there.IsDone, Is.False);
        _world.Network.Heal();
        Assert.That(_world.RunUntil(() => there.IsDone, 5_000_000_000));
        Assert.That(there.Result.IsOk);
    }

    [Test]
    public void A_direction_blocked_for_long_times_the_sender_out()
    {
        Create(1);
        var (near, _) = Connect();
        _world.Network.Link(_client.Host, _server.Host).IsBlocked = true;
        var receive = StartReceive(_client, near);
        _world.Run(_client, () => SendAsync(_client, near, new byte[10]));
        Assert.That(_world.RunUntil(() => receive.IsDone, 60_000_000_000));
        Assert.That(receive.Result.Error, Is.EqualTo(Errno.TimedOut));
    }

    [Test]
    public void Nobody_listening_refuses_and_nobody_there_times_out()
    {
        Create(1);
        var refused = _world.Run(_client, () => _client.ConnectAsync(new Endpoint(_server.Host.Address, 99)));
        Assert.That(refused.Fault?.Code, Is.EqualTo("connection-refused"));
        var absent = _world.Run(_client, () => _client.ConnectAsync(new Endpoint(IPAddress.Parse("10.9.9.9"), 99)));
        Assert.That(absent.Fault?.Code, Is.EqualTo("connection-timed-out"));
    }

    [Test]
    public void A_port_is_taken_once_and_free_again_after_close_or_death()
    {
        Create(1);
        var endpoint = new Endpoint(IPAddress.Any, Port);
        var second = _world.CreateReactor("second", "server");
        _world.Run(
            _server,
            async () =>
            {
                var first = _server.Listen(endpoint, 4);
                Assert.That(_server.Listen(new Endpoint(IPAddress.Loopback, Port), 4).Fault?.Code, Is.EqualTo("address-in-use"));
                var accept = first.Value!.AcceptAsync();
                await first.Value.CloseAsync();
                Assert.That((await accept).IsOk, Is.False);
                Assert.That(_server.Listen(endpoint, 4).IsOk);
            });
        _world.Crash(_server);
        _world.Run(
            second,
            () =>
            {
                Assert.That(second.Listen(endpoint, 4).IsOk);
                return ValueTask.CompletedTask;
            });
    }

    private void Create(ulong seed)
    {
        _world = new SimulatedWorld(seed);
        _server = _world.CreateReactor("server");
        _client = _world.CreateReactor("client");
    }

    private (IConnection Near, IConnection Far) Connect()
    {
        var accept = _world.Start(
            _server,
            async () => (await _server.Listen(new Endpoint(IPAddress.Any, Port), 4).Value!.AcceptAsync()).Value!);
        _world.RunFor(1_000_000);
        var near = _world.Run(_client, () => _client.ConnectAsync(new Endpoint(_server.Host.Address, Port)));
        Assert.That(near.IsOk, near.Fault?.ToString());
        Assert.That(_world.RunUntil(() => accept.IsDone, 1_000_000_000));
        return (near.Value!, accept.Result!);
    }

    private SimulatedRun<IoResult> StartReceive(SimulatedReactor reactor, IConnection connection) => _world.Start(
        reactor,
        async () =>
        {
            var buffer = reactor.Buffers.Rent(4096);
            var result = await connection.ReceiveAsync(buffer.Slice());
            buffer.Release();
            return result;
        });

    private static async ValueTask SendAsync(SimulatedReactor reactor, IConnection connection, byte[] bytes)
    {
        using var vector = new SendVector(8);
        var buffer = reactor.Buffers.Rent(bytes.Length);
        bytes.CopyTo(buffer.Slice().Span);
        vector.Add(buffer.Slice(0, bytes.Length / 2));
        vector.Add(buffer.Slice(bytes.Length / 2, bytes.Length - (bytes.Length / 2)));
        buffer.Release();
        Assert.That((await connection.SendAsync(vector)).Bytes, Is.EqualTo(bytes.Length));
    }
}
