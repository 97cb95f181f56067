using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Replication.Rpc.Tests;

/// <summary>Two machines, a network that loses and cuts connections, and a node that dials again.</summary>
public sealed class RpcFaultTests
{
    private const int Port = 7000;
    private const long SecondNs = 1_000_000_000;

    [Test]
    public void Calls_are_answered_or_lost_whatever_the_network_does([Range(1, 6)] int seed) => Endure(seed);

    [Test]
    [Category("Full")]
    public void Calls_are_answered_or_lost_whatever_the_network_does_in_many_runs([Range(7, 40)] int seed) => Endure(seed);

    private static void Endure(int seed)
    {
        using var world = new SimulatedWorld((ulong)seed);
        var dialer = world.CreateReactor("dialer");
        var acceptor = world.CreateReactor("acceptor");
        world.Network.TimeoutNs = 5 * SecondNs;
        SetFaults(world, dialer, acceptor, seed);
        var stopNs = 30 * SecondNs;
        var answered = new List<int>();
        var serving = world.Start(acceptor, () => ServeAsync(acceptor, stopNs));
        var dialing = world.Start(dialer, () => DialAsync(dialer, new Endpoint(acceptor.Host.Address, Port), stopNs, answered));
        world.RunFor(stopNs);
        world.Network.Heal();
        Assert.That(world.RunUntil(() => dialing.IsDone && serving.IsDone, 120 * SecondNs), "something never ended");
        world.RunFor(30 * SecondNs);
        Assert.That(dialer.Buffers.RentedBuffers + acceptor.Buffers.RentedBuffers, Is.Zero);
        Assert.That(world.Network.OpenConnections, Is.Zero);
        Assert.That(dialing.Result, Is.GreaterThan(1), "no connection was ever lost");
        Assert.That(answered.Sum(), Is.GreaterThan(100));
    }

    private static void SetFaults(SimulatedWorld world, SimulatedReactor dialer, SimulatedReactor acceptor, int seed)
    {
        var there = world.Network.Link(dialer.Host, acceptor.Host);
        var back = world.Network.Link(acceptor.Host, dialer.Host);
        there.ResetProbability = back.ResetProbability = seed % 3 == 0 ? 0.01 : 0.001;
        if (seed % 2 == 0)
            there.BytesPerSecond = 20 << 20;

        // Both ways, one way, and back again.
        world.Start(dialer, async () =>
        {
            for (var i = 0; i < 4; i++)
            {
                await dialer.DelayAsync(2 * SecondNs);
                there.IsBlocked = true;
                back.IsBlocked = i % 2 == 0;
                await dialer.DelayAsync((1 + (6 * (i % 2))) * SecondNs / 2);
                there.IsBlocked = back.IsBlocked = false;
            }

            return true;
        });
    }

    private static async ValueTask<int> ServeAsync(SimulatedReactor reactor, long stopNs)
    {
        var listener = reactor.Listen(new Endpoint(reactor.Host.Address, Port), 16).Value!;
        var serving = new List<ValueTask<int>>();
        reactor.Schedule(stopNs, _ => reactor.Spawn(listener.CloseAsync()), null);
        while (await listener.AcceptAsync() is { IsOk: true } transport)
            serving.Add(ServeOneAsync(transport.Value, stopNs));
        foreach (var one in serving)
            await one;
        return serving.Count;
    }

    private static async ValueTask<int> ServeOneAsync(IConnection transport, long stopNs)
    {
        var accepted = await RpcConnection.AcceptAsync(transport, RpcPair.Identity("b"), new EchoService(), RpcOptions.Default);
        if (!accepted.IsOk)
            return 0;
        var answered = await LoadAsync(accepted.Value, stopNs);
        await accepted.Value.WaitClosedAsync();
        await accepted.Value.CloseAsync();
        return answered;
    }

    private static async ValueTask<int> DialAsync(SimulatedReactor reactor, Endpoint endpoint, long stopNs, List<int> answered)
    {
        var connections = 0;
        while (reactor.MonotonicNs < stopNs)
        {
            var dialed = await RpcConnection.ConnectAsync(endpoint, RpcPair.Identity("a"), new EchoService(), RpcOptions.Default);
            if (!dialed.IsOk)
            {
                await reactor.DelayAsync(SecondNs / 10);
                continue;
            }

            connections++;
            answered.Add(await LoadAsync(dialed.Value, stopNs));
            await dialed.Value.CloseAsync();
        }

        return connections;
    }

    // Ends when the connection is lost or the time is over.
    private static async ValueTask<int> LoadAsync(RpcConnection connection, long stopNs)
    {
        var workers = new List<ValueTask<int>>();
        for (var i = 0UL; i < 6; i++)
            workers.Add(WorkAsync(i));
        var answered = 0;
        foreach (var worker in workers)
            answered += await worker;
        return answered;

        async ValueTask<int> WorkAsync(ulong seed)
        {
            var count = 0;
            while (Reactor.Current.MonotonicNs < stopNs && await RpcLoad.WorkAsync(connection, seed + (ulong)count, 1) == 1)
                count++;
            return count;
        }
    }
}
