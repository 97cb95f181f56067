using Uss.Coordination;
using Uss.Coordination.Simulated;
using Uss.Runtime.Simulated;

namespace Uss.Replication.Tests;

/// <summary>When a fence is raised: not before what was let in under the lower one is done.</summary>
public sealed class FrontEndFenceTests
{
    [Test]
    public void What_was_let_in_before_is_waited_for_and_what_comes_later_is_not()
    {
        using var world = new SimulatedWorld(1);
        var reactor = world.CreateReactor("n1");
        var fence = new FrontEndFence(reactor, new SimulatedCoordinationStore(new CoordinationState()));
        var isRaised = false;
        int first = 0, second = 0;
        world.Run(reactor, () =>
        {
            first = fence.Enter();
            second = fence.Enter();
            return ValueTask.FromResult(true);
        });
        world.Start(reactor, async () =>
        {
            await fence.RaiseAsync(5);
            return isRaised = true;
        });
        world.RunFor(1_000_000);
        Assert.That((isRaised, fence.Number), Is.EqualTo((false, 5L)));
        world.Run(reactor, () =>
        {
            fence.Enter();
            fence.Leave(first);
            return ValueTask.FromResult(true);
        });
        world.RunFor(1_000_000);
        Assert.That(isRaised, Is.False);
        world.Run(reactor, () =>
        {
            fence.Leave(second);
            return ValueTask.FromResult(true);
        });
        world.RunFor(1_000_000);
        Assert.That(isRaised);
    }

    [Test]
    public void A_new_primary_waits_until_its_front_end_has_come_to_the_newest()
    {
        using var world = new SimulatedWorld(1);
        var reactor = world.CreateReactor("n1");
        var store = new SimulatedCoordinationStore(new CoordinationState());
        var fence = new FrontEndFence(reactor, store);
        _ = world.Run(reactor, () => store.CommitAsync([], [new Change(FrontEndFence.HeadKey, FrontEndFence.Format(9))]));
        var caughtUp = 0;
        for (var group = 0; group < 2; group++)
        {
            world.Start(reactor, async () =>
            {
                await fence.CatchUpAsync(() => false);
                return ++caughtUp;
            });
        }

        world.RunFor(1_000_000_000);
        Assert.That(caughtUp, Is.Zero);
        world.Start(reactor, async () =>
        {
            await fence.RaiseAsync(9);
            return true;
        });
        world.RunFor(1_000_000_000);
        Assert.That(caughtUp, Is.EqualTo(2));
    }
}
