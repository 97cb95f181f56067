using Uss.Runtime;
using Uss.Simulation.Linearizability;

namespace Uss.Simulation.Tests.Linearizability;

public sealed class LinearizabilityCheckerTests
{
    private readonly LinearizabilityChecker _checker = new();

    [Test]
    public void Reads_after_writes_see_them() =>
        Accept(Write(0, 1, 1), Read(2, 3, 1), Write(4, 5, 2), Read(6, 7, 2));

    [Test]
    public void The_first_state_is_zeros()
    {
        Accept(Read(0, 1, 0), Write(2, 3, 1));
        Reject(Read(0, 1, 1));
    }

    [Test]
    public void A_stale_read_is_rejected() => Reject(Write(0, 1, 1), Write(2, 3, 2), Read(4, 5, 1));

    [Test]
    public void A_lost_write_is_rejected() => Reject(Write(0, 1, 1), Read(2, 3, 0));

    [Test]
    public void A_read_of_the_future_is_rejected() => Reject(Read(0, 1, 1), Write(2, 3, 1));

    [Test]
    public void A_read_beside_a_write_may_see_either_state()
    {
        Accept(Write(0, 10, 1), Read(2, 3, 0));
        Accept(Write(0, 10, 1), Read(2, 3, 1));
    }

    [Test]
    public void Once_seen_a_write_stays_seen()
    {
        Accept(Write(0, 10, 1), Read(2, 3, 0), Read(4, 5, 1));
        Reject(Write(0, 10, 1), Read(2, 3, 1), Read(4, 5, 0));
    }

    [Test]
    public void Two_readers_must_agree_on_the_order_of_two_writes()
    {
        Accept(Write(0, 20, 1), Write(0, 20, 2), Read(2, 3, 1), Read(4, 5, 2));
        Reject(Write(0, 20, 1), Write(0, 20, 2), Read(2, 3, 1), Read(4, 5, 2), Read(6, 7, 1));
    }

    [Test]
    public void A_write_without_an_answer_may_have_happened_or_not()
    {
        Accept(Write(0, BlockOperation.Never, 1), Read(5, 6, 0));
        Accept(Write(0, BlockOperation.Never, 1), Read(5, 6, 1));
        Accept(Write(0, BlockOperation.Never, 1), Read(5, 6, 0), Read(7, 8, 1));
        Reject(Write(0, BlockOperation.Never, 1), Read(5, 6, 1), Read(7, 8, 0));
    }

    [Test]
    public void A_write_that_a_crash_ended_happens_before_that_or_never()
    {
        BlockOperation Ended() => Write(0, 10, 1) with { IsOptional = true };
        Accept(Ended(), Read(12, 13, 0));
        Accept(Ended(), Read(12, 13, 1));
        Reject(Ended(), Read(12, 13, 0), Read(14, 15, 1));
        Reject(Ended(), Read(12, 13, 1), Read(14, 15, 0));
    }

    [Test]
    public void A_torn_block_is_rejected()
    {
        var torn = SectorStamps.All(1);
        torn[7] = 0;
        Reject(Write(0, 10, 1), BlockOperation.Read(2, 3, torn));
    }

    [Test]
    public void Writes_of_sectors_merge()
    {
        var both = default(SectorStamps);
        both[0] = 1;
        both[7] = 2;
        Accept(Write(0, 10, 1, 0x01), Write(0, 10, 2, 0x80), BlockOperation.Read(12, 13, both));
        Reject(Write(0, 10, 1, 0x01), Write(0, 10, 2, 0x80), Read(12, 13, 2));
    }

    [Test]
    public void A_compare_and_write_happens_only_on_what_it_expects()
    {
        static BlockOperation Swap(long start, long end, ulong expected, ulong stamp) => new()
        {
            Start = start,
            End = end,
            Condition = BlockCondition.Equal,
            ReadMask = 1,
            Expected = SectorStamps.All(expected),
            WriteMask = 1,
            Written = SectorStamps.All(stamp),
        };

        Accept(Swap(0, 1, 0, 1), Swap(2, 3, 1, 2));
        Reject(Swap(0, 10, 0, 1), Swap(0, 10, 0, 2));
        var miscompare = new BlockOperation
        {
            Start = 4,
            End = 5,
            Condition = BlockCondition.Different,
            ReadMask = 1,
            Expected = SectorStamps.All(1),
        };
        Accept(Swap(0, 1, 0, 1), Swap(2, 3, 1, 2), miscompare);
        Reject(Swap(0, 1, 0, 1), miscompare);
    }

    [Test]
    public void Random_histories_of_a_real_register_are_accepted_and_spoilt_ones_rejected()
    {
        var random = new SeededRandom(1);
        var rejected = 0;
        for (var round = 0; round < 300; round++)
        {
            var history = RealHistory(random, 40, 5);
            Assert.That(_checker.FindViolation(history), Is.Null, $"round {round}");

            // A read that saw a value that had been overwritten before it began.
            var writes = history.Where(item => item.WriteMask != 0 && !item.IsOptional).OrderBy(item => item.End).ToArray();
            if (writes.Length < 3)
                continue;
            var late = writes[^1].End + 10;
            history.Add(BlockOperation.Read(late, late + 1, writes[0].Written));
            var isStale = writes.Any(item => item.Start > writes[0].End);
            Assert.That(_checker.FindViolation(history) is not null, Is.EqualTo(isStale), $"round {round}");
            rejected += isStale ? 1 : 0;
        }

        Assert.That(rejected, Is.GreaterThan(200));
    }

    [Test]
    public void A_long_history_is_checked_quickly()
    {
        var history = RealHistory(new SeededRandom(2), 20_000, 8);
        Assert.That(_checker.FindViolation(history), Is.Null);
    }

    /// <summary>Clients of a register that works: each operation takes effect at a random instant of its time.</summary>
    private static List<BlockOperation> RealHistory(SeededRandom random, int operations, int clients)
    {
        var planned = new List<(long Start, long Instant, long End, bool IsWrite)>();
        var free = new long[clients];
        for (var i = 0; i < operations; i++)
        {
            var client = random.Next(clients);
            var start = free[client] + 1 + random.Next(5);
            var instant = start + 1 + random.Next(20);
            free[client] = instant + 1 + random.Next(20);
            planned.Add((start, instant, free[client], random.Chance(0.5)));
        }

        var value = 0UL;
        var stamp = 0UL;
        var history = new List<BlockOperation>();
        foreach (var (start, _, end, isWrite) in planned.OrderBy(item => item.Instant))
        {
            if (isWrite)
                value = ++stamp;
            history.Add(isWrite ? Write(start, end, value) : Read(start, end, value));
        }

        return history;
    }

    private static BlockOperation Read(long start, long end, ulong stamp) => BlockOperation.Read(start, end, SectorStamps.All(stamp));

    private static BlockOperation Write(long start, long end, ulong stamp, byte mask = 0xFF) =>
        BlockOperation.Write(start, end, stamp, mask);

    private void Accept(params BlockOperation[] history) => Assert.That(_checker.FindViolation(history), Is.Null);

    private void Reject(params BlockOperation[] history) => Assert.That(_checker.FindViolation(history), Is.Not.Null);
}
