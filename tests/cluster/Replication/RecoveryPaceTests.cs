using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Replication.Tests;

[TestFixture]
public sealed class RecoveryPaceTests
{
    private const long Ms = 1_000_000;
    private const long QuietNs = Ms;
    private const long CopyNs = 10 * Ms;

    [Test]
    public void Without_clients_copies_run_one_beside_the_other_and_without_pauses()
    {
        var (copies, pace) = Run(slowdown: null, seconds: 10);
        Assert.That(copies, Is.InRange(32 * 1000, 32 * 1001));
        Assert.That(pace.Running, Is.Zero);
    }

    [Test]
    public void Clients_that_are_not_slowed_down_let_copies_run_all_the_time_but_for_the_rests()
    {
        var (copies, pace) = Run(slowdown: 1, seconds: 20);
        Assert.That(pace.Share, Is.EqualTo(1));
        Assert.That(copies, Is.GreaterThan(2 * 2000 * 2 / 3).And.LessThan(2 * 2000 * 19 / 20));
    }

    [Test]
    public void Copies_that_slow_clients_down_give_way_as_far_as_they_may()
    {
        var (copies, pace) = Run(slowdown: 3, seconds: 20);
        Assert.That(pace.Share, Is.EqualTo(1.0 / 16));
        Assert.That(copies, Is.GreaterThan(2 * 2000 / 16 * 3 / 4).And.LessThan(2 * 2000 / 8));
    }

    [Test]
    public void The_share_settles_where_clients_bear_it()
    {
        // Twice as slow while more than a third of the time goes to copies.
        var (_, pace) = Run(seconds: 60, share => share > 1.0 / 3 ? 2 : 1);
        Assert.That(pace.Share, Is.GreaterThan(0.2).And.LessThan(0.4));
    }

    private static (int Copies, RecoveryPace Pace) Run(double? slowdown, int seconds) =>
        Run(seconds, slowdown is { } fixedSlowdown ? _ => fixedSlowdown : null);

    // Copies of 10 ms as fast as the pace lets them; clients' operations of 1 ms, longer but in the rests.
    private static (int Copies, RecoveryPace Pace) Run(int seconds, Func<double, double>? slowdownAt)
    {
        using var world = new SimulatedWorld(1);
        var reactor = world.CreateReactor("node");
        var pace = new RecoveryPace(reactor);
        var copies = 0;
        var isOver = false;

        async Task CopyAsync()
        {
            while (!isOver)
            {
                var enteredNs = await pace.EnterAsync();
                copies++;
                await reactor.DelayAsync(CopyNs);
                pace.Leave(enteredNs);
            }
        }

        async Task WorkAsync()
        {
            while (!isOver && slowdownAt is not null)
            {
                var arrivedNs = pace.NoteArrival();
                await reactor.DelayAsync((long)(QuietNs * (copies > 0 && !pace.IsResting ? slowdownAt(pace.Share) : 1)));
                pace.NoteEnd(isWrite: true, arrivedNs);
            }
        }

        world.Run(reactor, async () =>
        {
            var client = WorkAsync();
            await reactor.DelayAsync(1000 * Ms);
            var all = Enumerable.Range(0, 64).Select(_ => CopyAsync()).ToArray();
            await reactor.DelayAsync(seconds * 1000 * Ms);
            isOver = true;
            await Task.WhenAll(all);
            await client;
            return true;
        });
        return (copies, pace);
    }
}
