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
        Add(2, 1);
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
    public Task A_delay_takes_at_least_its_time() => Run(async reactor =>
    {
        var start = reactor.MonotonicNs;
        await reactor.DelayAsync(5 * MillisecondNs);
        Assert.That(reactor.MonotonicNs - start, Is.GreaterThanOrEqualTo(5 * MillisecondNs));
    });
}
