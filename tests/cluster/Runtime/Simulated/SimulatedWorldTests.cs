using Uss.Runtime.Simulated;

namespace Uss.Runtime.Tests.Simulated;

public sealed class SimulatedWorldTests
{
    [Test]
    public void Time_is_virtual_and_events_come_in_its_order()
    {
        using var world = new SimulatedWorld(1);
        var reactor = world.CreateReactor("node");
        var order = new List<int>();
        world.Run(
            reactor,
            async () =>
            {
                reactor.Schedule(3_000_000_000, _ => order.Add(3), null);
                reactor.Schedule(1_000_000_000, _ => order.Add(1), null);
                reactor.Schedule(2_000_000_000, _ => order.Add(2), null).Cancel();
                await reactor.DelayAsync(5_000_000_000);
            });
        Assert.That(order, Is.EqualTo(new[] { 1, 3 }));
        Assert.That(world.NowNs, Is.InRange(5_000_000_000, 5_000_100_000));
    }

    [Test]
    public void Current_is_the_reactor_whose_event_runs()
    {
        using var world = new SimulatedWorld(1);
        var first = world.CreateReactor("first");
        var second = world.CreateReactor("second");
        world.Run(
            first,
            async () =>
            {
                Assert.That(Reactor.Current, Is.SameAs(first));
                second.Post(_ => Assert.That(Reactor.Current, Is.SameAs(second)), null);
                await first.YieldAsync();
                Assert.That(Reactor.Current, Is.SameAs(first));
            });
        Assert.Throws<InvariantException>(() => _ = Reactor.Current);
    }

    [Test]
    public void Timers_and_tasks_of_a_killed_process_never_run()
    {
        using var world = new SimulatedWorld(1);
        var reactor = world.CreateReactor("node");
        var ran = false;
        world.Run(
            reactor,
            () =>
            {
                reactor.Schedule(1_000, _ => ran = true, null);
                reactor.Spawn(LaterAsync());
                return ValueTask.CompletedTask;
            });
        world.Crash(reactor);
        world.RunFor(1_000_000);
        Assert.That(ran, Is.False);

        async ValueTask LaterAsync()
        {
            await reactor.DelayAsync(2_000);
            ran = true;
        }
    }

    [Test]
    public void An_exception_of_a_spawned_task_ends_the_run()
    {
        using var world = new SimulatedWorld(1);
        var reactor = world.CreateReactor("node");
        world.Start(
            reactor,
            async () =>
            {
                await reactor.YieldAsync();
                Invariant.Check(reactor.Name == "another");
                return true;
            });
        Assert.Throws<InvariantException>(() => world.RunFor(1_000_000));
    }

    [Test]
    public void Waiting_for_what_never_happens_is_reported()
    {
        using var world = new SimulatedWorld(1);
        var reactor = world.CreateReactor("node");
        Assert.That(world.RunUntil(() => false, 1_000_000), Is.False);
        Assert.Throws<InvariantException>(
            () => world.Run(reactor, async () => await reactor.DelayAsync(10_000), maxVirtualNs: 5_000));
    }

    [Test]
    public void The_same_seed_gives_the_same_trace_and_another_seed_another()
    {
        var first = DiskTrace(7, 100);
        Assert.That(DiskTrace(7, 100), Is.EqualTo(first));
        Assert.That(DiskTrace(8, 100), Is.Not.EqualTo(first));
        Assert.That(DiskTrace(7, 101), Is.Not.EqualTo(first), "other bytes must show in the hash");
    }

    private static ulong DiskTrace(ulong seed, byte value)
    {
        using var world = new SimulatedWorld(seed);
        var disk = world.CreateDisk("/disk", 1 << 20);
        var reactor = world.CreateReactor("node");
        world.Start(
            reactor,
            async () =>
            {
                var open = (await reactor.OpenDiskAsync("/disk", default)).Value!;
                var buffer = reactor.Buffers.Rent(8192);
                buffer.Slice().Span.Fill(value);
                for (var i = 0; i < 20; i++)
                    await open.WriteAsync(i * 4096, buffer.Slice());
                return true;
            });
        world.RunFor(500_000);
        world.PowerCut(disk);
        return world.TraceHash;
    }
}
