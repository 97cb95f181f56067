using Uss.Runtime;

namespace Uss.NfsFrontend.Locks.Tests;

/// <summary>The rules of POSIX, against a model that keeps an owner for each byte.</summary>
public sealed class LockTableTests
{
    private const int Bytes = 40;

    [Test]
    public void Random_locks_are_those_of_the_model([Range(1, 40)] int seed)
    {
        var random = new SeededRandom((ulong)seed);
        var table = new LockTable();
        var model = new ByteMap();
        for (var step = 0; step < 400; step++)
        {
            var owner = random.Next(4);
            var range = RandomRange(random);
            var isExclusive = random.Chance(0.5);
            if (random.Chance(0.35))
            {
                Assert.That(table.Unlock(Owner(owner), range), Is.EqualTo(model.Unlock(owner, range)));
            }
            else
            {
                var conflict = table.FindConflict(Owner(owner), range, isExclusive);
                Assert.That(conflict is not null, Is.EqualTo(model.Conflicts(owner, range, isExclusive)));
                if (conflict is null)
                {
                    table.Lock(Owner(owner), range, isExclusive, 7);
                    model.Lock(owner, range, isExclusive);
                }
            }

            Assert.That(Show(table), Is.EqualTo(model.Show()));
        }
    }

    [Test]
    public void The_first_holder_in_the_way_is_told()
    {
        var table = new LockTable();
        table.Lock(Owner(1), new LockRange(20, 29), true, 1);
        table.Lock(Owner(2), new LockRange(5, 9), false, 1);
        table.Lock(Owner(0), new LockRange(0, 4), true, 1);
        Assert.That(table.FindConflict(Owner(0), LockRange.All, true)!.Range, Is.EqualTo(new LockRange(5, 9)));
        Assert.That(table.FindConflict(Owner(0), LockRange.All, false)!.Range, Is.EqualTo(new LockRange(20, 29)));
        Assert.That(table.FindConflict(Owner(0), new LockRange(0, 19), false), Is.Null);
    }

    [Test]
    public void An_owner_is_host_number_and_handle()
    {
        var table = new LockTable();
        table.Lock(new LockOwner(1, 2, new byte[] { 3 }), LockRange.All, true, 1);
        Assert.That(table.FindConflict(new LockOwner(1, 2, new byte[] { 3 }), LockRange.All, true), Is.Null);
        Assert.That(table.FindConflict(new LockOwner(9, 2, new byte[] { 3 }), LockRange.All, true), Is.Not.Null);
        Assert.That(table.FindConflict(new LockOwner(1, 9, new byte[] { 3 }), LockRange.All, true), Is.Not.Null);
        Assert.That(table.FindConflict(new LockOwner(1, 2, new byte[] { 9 }), LockRange.All, true), Is.Not.Null);
    }

    [Test]
    public void What_a_host_held_before_its_restart_is_freed()
    {
        var table = new LockTable();
        table.Lock(Owner(1), new LockRange(0, 9), true, 3);
        table.Lock(Owner(1), new LockRange(10, 19), true, 5);
        table.Lock(Owner(2), new LockRange(20, 29), true, 3);
        Assert.That(table.All, Has.Count.EqualTo(3), "locks of two lives are not one");
        Assert.That(table.Free(1, keptState: 5));
        Assert.That(table.All.Select(held => held.Range.Start), Is.EquivalentTo([10UL, 20UL]));
        Assert.That(table.Free(1, keptState: 5), Is.False);
        Assert.That(table.Free(1, keptState: null));
        Assert.That(table.All.Single().Owner.Host, Is.EqualTo(2));
    }

    [Test]
    public void What_is_locked_again_after_a_restart_belongs_to_the_new_life()
    {
        var table = new LockTable();
        table.Lock(Owner(1), new LockRange(0, 29), true, 3);
        table.Lock(Owner(1), new LockRange(10, 19), true, 5);
        table.Free(1, keptState: 5);
        Assert.That(table.All.Single().Range, Is.EqualTo(new LockRange(10, 19)));
    }

    [TestCase(1u, 0u, 2u, 0u, true)]
    [TestCase(1u, 2u, 1u, 2u, true)]
    [TestCase(1u, 2u, 2u, 0u, false)]
    [TestCase(2u, 0u, 1u, 2u, false)]
    [TestCase(3u, 3u, 1u, 0u, false)]
    [TestCase(0u, 0u, 3u, 3u, true)]
    public void Shares_deny_each_other(uint access, uint deny, uint otherAccess, uint otherDeny, bool isGranted)
    {
        var table = new LockTable();
        Assert.That(table.Share(Owner(1), new LockShare(access, deny), 1));
        Assert.That(table.FindConflict(Owner(2), LockRange.All, true), Is.Null, "shares and ranges have nothing to do with each other");
        Assert.That(table.Share(Owner(2), new LockShare(otherAccess, otherDeny), 1), Is.EqualTo(isGranted));
        Assert.That(table.Share(Owner(1), new LockShare(0, 0), 1), "in place of its own");
        Assert.That(table.Share(Owner(2), new LockShare(otherAccess, otherDeny), 1));
        Assert.That(table.Unshare(Owner(1)) && table.Unshare(Owner(2)) && !table.Unshare(Owner(2)));
        Assert.That(table.All, Is.Empty);
    }

    [TestCase(0UL, 0UL, true, 0UL, LockRange.End)]
    [TestCase(5UL, 1UL, true, 5UL, 5UL)]
    [TestCase(LockRange.End, 1UL, true, LockRange.End, LockRange.End)]
    [TestCase(LockRange.End, 2UL, false, 0UL, 0UL)]
    [TestCase(LockRange.End + 1, 0UL, false, 0UL, 0UL)]
    [TestCase(0UL, ulong.MaxValue, false, 0UL, 0UL)]
    [TestCase(ulong.MaxValue, ulong.MaxValue, false, 0UL, 0UL)]
    [TestCase(1UL, LockRange.End, true, 1UL, LockRange.End)]
    [TestCase(2UL, LockRange.End, false, 0UL, 0UL)]
    public void A_range_ends_where_files_do(ulong start, ulong length, bool isGood, ulong first, ulong last)
    {
        Assert.That(LockRange.TryCreate(start, length, out var range), Is.EqualTo(isGood));
        if (isGood)
            Assert.That(range, Is.EqualTo(new LockRange(first, last)));
    }

    internal static LockOwner Owner(int number) => new((uint)number, 100 + (uint)number, new byte[] { (byte)number, 1 });

    // Some go to the end of the file, which the model's last byte stands for.
    internal static LockRange RandomRange(SeededRandom random)
    {
        var start = (ulong)random.Next(Bytes);
        return random.Chance(0.2) ? new LockRange(start, LockRange.End) : new LockRange(start, start + (ulong)random.Next(Bytes - (int)start));
    }

    internal static string Show(LockTable table) => string.Join(' ', table.All
        .OrderBy(held => held.Owner.Host).ThenBy(held => held.Range.Start)
        .Select(held => $"{held.Owner.Host}:{held.Range.Start}-{held.Range.Last}{(held.Mode == LockMode.Exclusive ? "x" : "s")}"));

    /// <summary>For each byte and owner what it holds; the last byte stands for all behind it.</summary>
    private sealed class ByteMap
    {
        private readonly char?[,] _held = new char?[4, Bytes + 1];

        public bool Conflicts(int owner, LockRange range, bool isExclusive) => Each(range).Any(at =>
            Enumerable.Range(0, 4).Any(other => other != owner && _held[other, at] is { } held && (isExclusive || held == 'x')));

        public void Lock(int owner, LockRange range, bool isExclusive)
        {
            foreach (var at in Each(range))
                _held[owner, at] = isExclusive ? 'x' : 's';
        }

        public bool Unlock(int owner, LockRange range)
        {
            var hadAny = Each(range).Any(at => _held[owner, at] is not null);
            foreach (var at in Each(range))
                _held[owner, at] = null;
            return hadAny;
        }

        public string Show()
        {
            var parts = new List<string>();
            for (var owner = 0; owner < 4; owner++)
            {
                for (var at = 0; at <= Bytes;)
                {
                    var (mode, first) = (_held[owner, at], at);
                    while (at <= Bytes && _held[owner, at] == mode)
                        at++;
                    if (mode is not null)
                        parts.Add($"{owner}:{first}-{(at > Bytes ? LockRange.End : (ulong)at - 1)}{mode}");
                }
            }

            return string.Join(' ', parts);
        }

        private static IEnumerable<int> Each(LockRange range)
        {
            for (var at = (int)range.Start; at <= Bytes && (ulong)at <= range.Last; at++)
                yield return at;
        }
    }
}
