using FsCheck;
using FsCheck.Fluent;
using Uss.Runtime.Simulated;

namespace Uss.Replication.Tests;

[TestFixture]
public sealed class RangeLockTests
{
    [Test]
    public void Readers_share_and_writers_exclude()
    {
        using var world = new SimulatedWorld(1);
        var locks = new RangeLock(world.CreateReactor("r"));
        var one = locks.Enter(1, 0, 4, isExclusive: false);
        var two = locks.Enter(1, 2, 4, isExclusive: false);
        var writer = locks.Enter(1, 3, 1, isExclusive: true);
        var late = locks.Enter(1, 0, 8, isExclusive: false);
        var elsewhere = locks.Enter(2, 3, 1, isExclusive: true);
        Assert.That(one.IsGranted && two.IsGranted && elsewhere.IsGranted);
        Assert.That(writer.IsGranted, Is.False);
        Assert.That(late.IsGranted, Is.False, "nobody overtakes a writer that waits");
        locks.Leave(one);
        Assert.That(writer.IsGranted, Is.False);
        locks.Leave(two);
        Assert.That(writer.IsGranted);
    }

    /// <summary>
    /// Any operations at any time against the definition: a ticket is granted exactly when no earlier one that conflicts
    /// with it is still there, whether their ranges cross objects or not.
    /// </summary>
    [Test]
    public void Grants_follow_the_definition()
    {
        var operation = from space in Gen.Choose(1, 2)
                        from first in Gen.Choose(0, 3000)
                        from count in Gen.OneOf(Gen.Choose(1, 8), Gen.Choose(1000, 3000))
                        from isExclusive in ArbMap.Default.GeneratorFor<bool>()
                        from leaver in Gen.Choose(-2, 6)
                        select (Space: (ulong)space, First: (long)first, Count: (long)count, isExclusive, leaver);
        Prop.ForAll(Gen.ListOf(operation).ToArbitrary(), operations =>
        {
            using var world = new SimulatedWorld(1);
            var reactor = world.CreateReactor("r");
            var locks = new RangeLock(reactor);
            var model = new List<(RangeLockTicket Ticket, ulong Space, long First, long End, bool IsExclusive)>();
            var isRight = true;
            foreach (var (space, first, count, isExclusive, leaver) in operations)
            {
                model.Add((locks.Enter(space, first, count, isExclusive), space, first, first + count, isExclusive));
                isRight &= Matches(model);
                var granted = model.Where(entry => entry.Ticket.IsGranted).ToList();
                if (leaver >= 0 && leaver < granted.Count)
                {
                    model.Remove(granted[leaver]);
                    locks.Leave(granted[leaver].Ticket);
                    isRight &= Matches(model);
                }
            }

            while (model.Count > 0)
            {
                // Somebody can always go on: no deadlock.
                var next = model.FindIndex(entry => entry.Ticket.IsGranted);
                if (next < 0)
                    return false;
                var ticket = model[next].Ticket;
                model.RemoveAt(next);
                locks.Leave(ticket);
                isRight &= Matches(model);
            }

            return isRight && locks.Count == 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Test]
    public void Waiters_are_granted_in_the_order_in_which_they_came()
    {
        using var world = new SimulatedWorld(1);
        var reactor = world.CreateReactor("r");
        var order = new List<int>();
        world.Run(reactor, async () =>
        {
            var locks = new RangeLock(reactor);
            var tasks = Enumerable.Range(0, 1000).Select(i => UseAsync(locks, i)).ToList();
            foreach (var task in tasks)
                await task;
            Assert.That(locks.Count, Is.Zero);
        });
        Assert.That(order, Is.EqualTo(Enumerable.Range(0, 1000)));

        async ValueTask UseAsync(RangeLock locks, int i)
        {
            var ticket = locks.Enter(1, 5, 1, isExclusive: true);
            if (!ticket.IsGranted)
                await ticket.WaitAsync();
            order.Add(i);
            locks.Leave(ticket);
        }
    }

    private static bool Matches(List<(RangeLockTicket Ticket, ulong Space, long First, long End, bool IsExclusive)> model)
    {
        for (var i = 0; i < model.Count; i++)
        {
            var own = model[i];
            var isBlocked = model.Take(i).Any(other => other.Space == own.Space && (own.IsExclusive || other.IsExclusive)
                && own.First < other.End && other.First < own.End);
            if (own.Ticket.IsGranted == isBlocked)
                return false;
        }

        return true;
    }
}
