using Uss.TestSupport;

namespace Uss.Runtime.Tests;

public sealed class RealReactorTests(string kind) : RealReactorContract(kind)
{
    [Test]
    public Task Callbacks_from_many_threads_all_run_in_each_ones_order() => Run(async reactor =>
    {
        const int threads = 4;
        const int each = 20_000;
        var next = new int[threads];
        var total = 0;
        var done = new TaskCompletionSource();
        var posters = new Thread[threads];
        for (var t = 0; t < threads; t++)
        {
            var thread = t;
            posters[t] = new Thread(() =>
            {
                for (var i = 0; i < each; i++)
                {
                    var expected = i;
                    reactor.Post(
                        _ =>
                        {
                            Assert.That(reactor.IsCurrent);
                            Assert.That(next[thread]++, Is.EqualTo(expected));
                            if (++total == threads * each)
                                done.SetResult();
                        },
                        null);

                    // Lets the reactor fall asleep now and then, so that wake-ups are tried too.
                    if (i % 1000 == 0)
                        Thread.Sleep(1);
                }
            });
            posters[t].Start();
        }

        await done.Task;
        Assert.That(total, Is.EqualTo(threads * each));
    });

    [Test]
    public async Task A_sleeping_reactor_wakes_for_each_call()
    {
        var reactor = Create(new ReactorOptions());
        reactor.Start();
        for (var i = 0; i < 1000; i++)
            Assert.That(await reactor.InvokeAsync(() => new ValueTask<int>(i)), Is.EqualTo(i));
        await reactor.StopAsync();
    }

    [Test]
    public async Task Exceptions_of_callbacks_timers_and_spawned_tasks_are_reported()
    {
        var seen = new List<string>();
        var reactor = Create(new ReactorOptions { OnUnhandledException = e => seen.Add(e.Message) });
        reactor.Start();
        await reactor.InvokeAsync(async () =>
        {
            async ValueTask Fail()
            {
                await reactor.YieldAsync();
                throw new InvalidOperationException("spawned");
            }

            reactor.Post(_ => throw new InvalidOperationException("posted"), null);
            reactor.Schedule(0, _ => throw new InvalidOperationException("timer"), null);
            reactor.Spawn(Fail());
            reactor.Spawn(ValueTask.FromException(new InvalidOperationException("at once")));
            await reactor.DelayAsync(5 * MillisecondNs);
            return 0;
        });
        await reactor.StopAsync();
        Assert.That(seen, Is.EquivalentTo(new[] { "posted", "timer", "spawned", "at once" }));
    }

    [Test]
    public async Task Exceptions_of_invoked_work_reach_the_caller()
    {
        var reactor = Create(new ReactorOptions());
        reactor.Start();
        Assert.That(
            async () => await reactor.InvokeAsync<int>(() => throw new InvalidOperationException("for the caller")),
            Throws.InvalidOperationException.With.Message.EqualTo("for the caller"));
        await reactor.StopAsync();
    }

    [Test]
    public async Task Stopping_twice_or_before_the_start_is_harmless()
    {
        var never = Create(new ReactorOptions());
        await never.StopAsync();
        await never.StopAsync();
        never.Post(_ => { }, null);

        var reactor = Create(new ReactorOptions());
        reactor.Start();
        await Task.WhenAll(reactor.StopAsync(), reactor.StopAsync());
        reactor.Post(_ => { }, null);
    }

    [Test]
    public async Task Stopping_ends_what_waits_and_closes_what_is_open()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("disk");
        var unhandled = new List<Exception>();
        var reactor = Create(new ReactorOptions { OnUnhandledException = unhandled.Add });
        reactor.Start();
        var received = default(IoResult);
        var accepted = default(Result<IConnection>);
        await reactor.InvokeAsync(async () =>
        {
            async ValueTask Receive(IConnection connection)
            {
                var buffer = reactor.Buffers.Rent(4096);
                received = await connection.ReceiveAsync(buffer.Slice());
                buffer.Release();
            }

            async ValueTask Accept(IListener listener) => accepted = await listener.AcceptAsync();

            var disk = await reactor.OpenDiskAsync(path, new DiskOpenOptions(1 << 20));
            Assert.That(disk.IsOk);
            var (_, server, listener) = await Connections.MakeAsync(reactor);
            reactor.Spawn(Receive(server));
            reactor.Spawn(Accept(listener));
            return 0;
        });
        await reactor.StopAsync();
        Assert.That(unhandled, Is.Empty);
        Assert.That(received.Error, Is.EqualTo(Errno.Canceled));
        Assert.That(accepted.Fault?.Code, Is.EqualTo("listener-closed"));
        Assert.That(reactor.Buffers.RentedBuffers, Is.Zero);
        Assert.That(reactor.Buffers.ReservedBytes, Is.Zero);

        // The lock is gone with the descriptor.
        await Run(async other =>
        {
            var disk = await other.OpenDiskAsync(path, default);
            Assert.That(disk.Fault, Is.Null);
            await disk.Value!.CloseAsync();
        });
    }

    [Test]
    public Task Code_that_awaits_the_thread_pool_comes_back() => Run(async reactor =>
    {
        Assert.That(await Task.Run(() => reactor.IsCurrent), Is.False);
        Assert.That(reactor.IsCurrent);
    });

    [Test]
    public Task The_clock_stands_still_during_a_turn() => Run(async reactor =>
    {
        var before = reactor.MonotonicNs;
        Thread.Sleep(2);
        Assert.That(reactor.MonotonicNs, Is.EqualTo(before));
        await reactor.YieldAsync();
        Assert.That(reactor.MonotonicNs - before, Is.GreaterThanOrEqualTo(2 * MillisecondNs));
    });

    [Test]
    public Task The_seed_decides_the_randomness() => Run(reactor =>
    {
        Assert.That(reactor.Random.NextUInt64(), Is.EqualTo(new SeededRandom(1).NextUInt64()));
        return default;
    });

    [Test]
    public Task The_thread_carries_the_reactors_name() => Run(new ReactorOptions { Processor = 0 }, reactor =>
    {
        Assert.That(Thread.CurrentThread.Name, Is.EqualTo(reactor.Name));
        return default;
    });
}
