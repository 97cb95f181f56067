namespace Uss.Runtime.Tests;

public sealed class ReactorTests(string kind) : ReactorContract(kind)
{
    [Test]
    public Task Timers_fire_in_order_of_deadline_then_creation() => Run(async reactor =>
    {
        var fired = new List<int>();
        void Add(int id, long delayNs) => reactor.Schedule(delayNs, _ => fired.Add(id), null);
        Add(5, 30 * MillisecondNs);
        Add(1, 0);
        Add(3, 10 * MillisecondNs);
        Add(4, 10 * MillisecondNs);
        Add(2, MillisecondNs);
        await reactor.DelayAsync(31 * MillisecondNs);
        Assert.That(fired, Is.EqualTo(new[] { 1, 2, 3, 4, 5 }));
    });

    [Test]
    public Task A_cancelled_timer_does_not_fire() => Run(async reactor =>
    {
        var fired = 0;
        var first = reactor.Schedule(MillisecondNs, _ => fired += 1, null);
        var second = reactor.Schedule(MillisecondNs, _ => fired += 10, null);
        first.Cancel();
        first.Cancel();
        await reactor.DelayAsync(2 * MillisecondNs);
        Assert.That(fired, Is.EqualTo(10));
        second.Cancel();
    });

    [Test]
    public Task A_timer_may_cancel_another_of_the_same_turn() => Run(async reactor =>
    {
        var fired = 0;
        ReactorTimer? second = null;
        reactor.Schedule(
            MillisecondNs,
            _ =>
            {
                fired++;
                second!.Cancel();
            },
            null);
        second = reactor.Schedule(MillisecondNs, _ => fired += 10, null);
        await reactor.DelayAsync(3 * MillisecondNs);
        Assert.That(fired, Is.EqualTo(1));
    });

    [Test]
    public Task A_delay_takes_at_least_its_time() => Run(async reactor =>
    {
        var start = reactor.MonotonicNs;
        await reactor.DelayAsync(5 * MillisecondNs);
        Assert.That(reactor.MonotonicNs - start, Is.GreaterThanOrEqualTo(5 * MillisecondNs));
    });

    [Test]
    public Task Posted_callbacks_run_later_in_their_order() => Run(async reactor =>
    {
        var order = new List<int>();
        for (var i = 0; i < 100; i++)
            reactor.Post(state => order.Add((int)state!), i);
        Assert.That(order, Is.Empty);
        await reactor.YieldAsync();
        await reactor.YieldAsync();
        Assert.That(order, Is.EqualTo(Enumerable.Range(0, 100)));
    });

    [Test]
    public Task Yielding_lets_others_run() => Run(async reactor =>
    {
        var log = new List<string>();
        async ValueTask Work(string name)
        {
            for (var i = 0; i < 3; i++)
            {
                log.Add(name + i);
                await reactor.YieldAsync();
            }
        }

        var first = Work("a");
        var second = Work("b");
        await first;
        await second;
        Assert.That(log, Is.EqualTo(new[] { "a0", "b0", "a1", "b1", "a2", "b2" }));
    });

    [Test]
    public Task End_of_turn_callbacks_run_after_the_caller_has_returned() => Run(async reactor =>
    {
        var log = new List<int>();
        reactor.AtEndOfTurn(_ => log.Add(2), null);
        log.Add(1);
        await reactor.DelayAsync(MillisecondNs);
        Assert.That(log, Is.EqualTo(new[] { 1, 2 }));
    });

    [Test]
    public Task Continuations_stay_on_the_reactor() => Run(async reactor =>
    {
        Assert.That(Reactor.Current, Is.SameAs(reactor));
        await reactor.YieldAsync();
        Assert.That(reactor.IsCurrent);
        await reactor.DelayAsync(MillisecondNs);
        Assert.That(reactor.IsCurrent);
    });

    [Test]
    public Task Spawned_tasks_run_on_by_themselves() => Run(async reactor =>
    {
        var done = 0;
        async ValueTask Work(int delayMs)
        {
            if (delayMs > 0)
                await reactor.DelayAsync(delayMs * MillisecondNs);
            done++;
        }

        for (var i = 0; i < 10; i++)
            reactor.Spawn(Work(i % 3));
        Assert.That(done, Is.EqualTo(4));
        await reactor.DelayAsync(5 * MillisecondNs);
        Assert.That(done, Is.EqualTo(10));
    });

    [Test]
    public Task Entropy_is_not_constant() => Run(reactor =>
    {
        var first = new byte[32];
        var second = new byte[32];
        reactor.FillEntropy(first);
        reactor.FillEntropy(second);
        Assert.That(first, Is.Not.EqualTo(second));
        return default;
    });
}
