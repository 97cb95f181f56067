using System.Net;
using Uss.Runtime.Simulated;

namespace Uss.Runtime.Tests.Simulated;

/// <summary>What happens to datagrams on the simulated network.</summary>
public sealed class SimulatedDatagramTests
{
    private const int Port = 111;
    private SimulatedWorld _world = null!;
    private SimulatedReactor _server = null!;
    private SimulatedReactor _client = null!;

    [TearDown]
    public void TearDown() => _world?.Dispose();

    [Test]
    public void Datagrams_are_lost_come_twice_and_overtake_each_other()
    {
        Create(1);
        var link = _world.Network.Link(_client.Host, _server.Host);
        (link.LossProbability, link.DuplicateProbability) = (0.2, 0.1);
        const int count = 250;
        var arrived = Exchange(count);
        var lost = count - arrived.Distinct().Count();
        Assert.That(lost, Is.InRange(20, 90).And.EqualTo(_world.Faults[FaultKind.DatagramLost]));
        Assert.That(arrived.Count - arrived.Distinct().Count(), Is.InRange(5, 50).And.EqualTo(_world.Faults[FaultKind.DatagramDuplicated]));
        Assert.That(arrived.Zip(arrived.Skip(1)).Count(pair => pair.Second < pair.First), Is.GreaterThan(10));
    }

    [Test]
    public void One_seed_gives_one_run()
    {
        var runs = new HashSet<(string, ulong)>();
        for (var round = 0; round < 3; round++)
        {
            Create(7);
            runs.Add((string.Join(',', Exchange(100)), _world.TraceHash));
            _world.Dispose();
        }

        Assert.That(runs, Has.Count.EqualTo(1));
        Create(8);
        Exchange(100);
        Assert.That(runs.Single().Item2, Is.Not.EqualTo(_world.TraceHash));
    }

    [Test]
    public void A_blocked_link_a_dead_process_and_a_dark_machine_lose_everything()
    {
        Create(1);
        _world.Network.Link(_client.Host, _server.Host).IsBlocked = true;
        Assert.That(Exchange(20), Is.Empty);
        _world.Network.Heal();
        Assert.That(Exchange(20), Is.Not.Empty);
        _world.Crash(_server);
        _server = _world.CreateReactor("server");
        Assert.That(Exchange(20), Is.Not.Empty, "the port is free again");
        _world.PowerCut(_server.Host);
        Send(5);
        _world.RunFor(1_000_000_000);
        Assert.That(_world.Faults[FaultKind.DatagramLost], Is.GreaterThanOrEqualTo(25));
    }

    [Test]
    public void What_the_receivers_buffer_has_no_room_for_is_lost()
    {
        Create(1);
        _world.Network.DatagramBufferBytes = 10;
        var socket = Bind();
        Send(30);
        _world.RunFor(10_000_000_000);
        Assert.That(Drain(socket), Has.Count.EqualTo(10));
        Send(5);
        _world.RunFor(10_000_000_000);
        Assert.That(Drain(socket), Has.Count.GreaterThanOrEqualTo(4), "there is room again");
    }

    private void Create(ulong seed)
    {
        _world = new SimulatedWorld(seed);
        _server = _world.CreateReactor("server");
        _client = _world.CreateReactor("client");
    }

    private List<byte> Exchange(int count)
    {
        var socket = Bind();
        Send(count);
        _world.RunFor(10_000_000_000);
        var arrived = Drain(socket);
        _world.Run(_server, socket.CloseAsync);
        return arrived;
    }

    private IDatagramSocket Bind() =>
        _world.Run(_server, () => ValueTask.FromResult(_server.BindDatagram(new Endpoint(IPAddress.Any, Port)).Value!));

    private void Send(int count) => _world.Run(_client, async () =>
    {
        var socket = _client.BindDatagram(new Endpoint(IPAddress.Any, 0)).Value!;
        for (var i = 0; i < count; i++)
            await DatagramTests.SendAsync(_client, socket, [(byte)i], new Endpoint(_server.Host.Address, Port));
        await socket.CloseAsync();
    });

    private List<byte> Drain(IDatagramSocket socket)
    {
        var arrived = new List<byte>();
        var expected = new Endpoint(_client.Host.Address, 0);
        _world.Run(_server, async () =>
        {
            var buffer = _server.Buffers.Rent(IDatagramSocket.ReceiveBytes);
            var isOver = false;
            var timer = _server.Schedule(
                1_000_000_000,
                _ =>
                {
                    isOver = true;
                    _server.Spawn(SendToItselfAsync(socket));
                },
                null);
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer.Slice());
                if (isOver)
                    break;
                Assert.That(received.Sender with { Port = 0 }, Is.EqualTo(expected));
                arrived.Add(buffer.Slice(0, 1).Span[0]);
            }

            timer.Cancel();
            buffer.Release();
        });
        return arrived;
    }

    // Ends the wait for more.
    private async ValueTask SendToItselfAsync(IDatagramSocket socket) =>
        await DatagramTests.SendAsync(_server, socket, [0], new Endpoint(IPAddress.Loopback, socket.Local.Port));
}
