using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata.Tests;

public sealed class PageTests
{
    private static readonly PageReference _self = new(7, 3);

    [Test]
    public void Records_are_found_in_the_order_of_their_keys()
    {
        var page = Page.Create(new byte[Page.Size], _self, 0, 1);
        foreach (var low in new ulong[] { 30, 10, 20 })
            Assert.That(page.TryInsert(page.Find(new RecordKey(1, low), out _), new RecordKey(1, low), [(byte)low]));
        Assert.That(page.Count, Is.EqualTo(3));
        Assert.That(page.Find(new RecordKey(1, 20), out var isFound), Is.EqualTo(1));
        Assert.That(isFound);
        Assert.That(page.ValueAt(1).ToArray(), Is.EqualTo(new byte[] { 20 }));
        Assert.That(page.Find(new RecordKey(1, 21), out isFound), Is.EqualTo(2));
        Assert.That(isFound, Is.False);
        Assert.That(page.Find(new RecordKey(2, 0), out _), Is.EqualTo(3));
        Assert.That(page.Find(new RecordKey(0, ulong.MaxValue), out _), Is.Zero);
    }

    [Test]
    public void The_first_key_of_an_inner_page_is_not_looked_at()
    {
        var page = Page.Create(new byte[Page.Size], _self, 1, 1);
        foreach (var (index, low) in new[] { (0, 50UL), (1, 100UL), (2, 200UL) })
        {
            var child = new byte[PageReference.Size];
            new PageReference(index, 9).Write(child);
            Assert.That(page.TryInsert(index, new RecordKey(0, low), child));
        }

        Assert.That(page.FindChild(default), Is.Zero);
        Assert.That(page.FindChild(new RecordKey(0, 99)), Is.Zero);
        Assert.That(page.FindChild(new RecordKey(0, 100)), Is.EqualTo(1));
        Assert.That(page.FindChild(new RecordKey(0, 199)), Is.EqualTo(1));
        Assert.That(page.FindChild(RecordKey.Maximum), Is.EqualTo(2));
        Assert.That(page.ChildAt(2), Is.EqualTo(new PageReference(2, 9)));
    }

    [Test]
    public void A_page_does_what_a_sorted_dictionary_does([Range(1, 5)] int seed)
    {
        var random = new SeededRandom((ulong)seed);
        var page = Page.Create(new byte[Page.Size], _self, 0, 1);
        var model = new SortedDictionary<RecordKey, byte[]>();
        var used = 0;
        for (var step = 0; step < 20_000; step++)
        {
            var key = new RecordKey((ulong)random.Next(2), (ulong)random.Next(60));
            var value = new byte[random.Chance(0.05) ? random.Next(RecordTransaction.MaximumValueBytes + 1) : random.Next(400)];
            random.Fill(value);
            var index = page.Find(key, out var isFound);
            Invariant.Check(isFound == model.ContainsKey(key));
            if (isFound && random.Chance(0.4))
            {
                page.Remove(index);
                used -= Page.SlotBytes + model[key].Length;
                model.Remove(key);
            }
            else
            {
                var more = value.Length + (isFound ? -model[key].Length : Page.SlotBytes);
                var fits = isFound ? page.TryReplace(index, value) : page.TryInsert(index, key, value);
                Invariant.Check(fits == (used + more <= Page.PayloadBytes));
                if (fits)
                {
                    model[key] = value;
                    used += more;
                }
            }

            if (step % 64 == 0)
                CheckSame(page, model);
        }

        CheckSame(page, model);
    }

    [Test]
    public void A_full_page_splits_into_two_that_hold_all([Range(1, 5)] int seed)
    {
        var random = new SeededRandom((ulong)seed);
        for (var round = 0; round < 200; round++)
        {
            var left = Page.Create(new byte[Page.Size], _self, 0, 1);
            var right = Page.Create(new byte[Page.Size], _self, 0, 1);
            var model = new SortedDictionary<RecordKey, byte[]>();
            while (true)
            {
                var key = new RecordKey(random.NextUInt64(), 0);
                var value = new byte[random.Next(random.Chance(0.3) ? RecordTransaction.MaximumValueBytes + 1 : 100)];
                random.Fill(value);
                model[key] = value;
                var index = left.Find(key, out _);
                if (left.TryInsert(index, key, value))
                    continue;
                left.Split(right, index, key, value);
                break;
            }

            Assert.That(left.Count, Is.GreaterThan(0));
            Assert.That(right.Count, Is.GreaterThan(0));
            var at = 0;
            foreach (var (key, value) in model)
            {
                var page = at < left.Count ? left : right;
                var index = at < left.Count ? at : at - left.Count;
                Invariant.Check(page.KeyAt(index) == key && page.ValueAt(index).SequenceEqual(value));
                at++;
            }

            Assert.That(at, Is.EqualTo(left.Count + right.Count));
        }
    }

    [Test]
    public void Ascending_keys_fill_their_pages()
    {
        var left = Page.Create(new byte[Page.Size], _self, 0, 1);
        var right = Page.Create(new byte[Page.Size], _self, 0, 1);
        var value = new byte[100];
        while (left.TryInsert(left.Count, new RecordKey(0, (ulong)left.Count), value))
        {
        }

        var count = left.Count;
        left.Split(right, count, new RecordKey(0, (ulong)count), value);
        Assert.That((left.Count, right.Count), Is.EqualTo((count, 1)));
    }

    [Test]
    public void The_first_key_of_an_inner_page_that_is_merged_is_the_one_that_its_parent_has_for_it()
    {
        var left = Page.Create(new byte[Page.Size], _self, 1, 1);
        var right = Page.Create(new byte[Page.Size], _self, 1, 1);
        Assert.That(left.TryInsert(0, default, new byte[PageReference.Size]));
        Assert.That(right.TryInsert(0, new RecordKey(0, 70), new byte[PageReference.Size]));
        Assert.That(right.TryInsert(1, new RecordKey(0, 90), new byte[PageReference.Size]));
        left.Append(right, new RecordKey(0, 50));
        Assert.That((left.FindChild(new RecordKey(0, 49)), left.FindChild(new RecordKey(0, 50)), left.FindChild(new RecordKey(0, 90))), Is.EqualTo((0, 1, 2)));
    }

    [Test]
    public void A_page_that_was_changed_anywhere_is_refused()
    {
        var bytes = new byte[Page.Size];
        var page = Page.Create(bytes, _self, 0, 1);
        for (var low = 0UL; low < 100; low++)
            Assert.That(page.TryInsert(page.Count, new RecordKey(1, low), BitConverter.GetBytes(low)));
        page.Seal();
        Assert.That(page.FindFault(_self, 0, 1), Is.Null);
        Assert.That(page.FindFault(_self with { Id = 8 }, 0, 1), Is.Not.Null);
        Assert.That(page.FindFault(_self with { Generation = 4 }, 0, 1), Is.Not.Null);
        Assert.That(page.FindFault(_self, 1, 1), Is.Not.Null);
        Assert.That(page.FindFault(_self, 0, 2), Is.Not.Null);
        for (var bit = 0; bit < Page.Size * 8; bit += bit < 8192 ? 1 : 61)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Invariant.Check(page.FindFault(_self, 0, 1) is not null);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Test]
    public void Nonsense_with_a_right_checksum_is_refused_and_crashes_nothing()
    {
        var random = new SeededRandom(1);
        var bytes = new byte[Page.Size];
        for (var round = 0; round < 5_000; round++)
        {
            var page = Page.Create(bytes, _self, round % 2, 1);
            for (var low = 0UL; low < 20; low++)
                Assert.That(page.TryInsert(page.Count, new RecordKey(1, low), new byte[16]));
            for (var damage = 1 + random.Next(3); damage > 0; damage--)
                bytes[24 + random.Next(random.Chance(0.5) ? 8 : 440)] = (byte)random.NextUInt64();
            page.Seal();
            if (page.FindFault(_self, round % 2, 1) is not null)
                continue;

            // Sound after all: everything in it can be used.
            for (var index = 0; index < page.Count; index++)
                Invariant.Check(page.ValueAt(index).Length <= RecordTransaction.MaximumValueBytes);
        }
    }

    private static void CheckSame(Page page, SortedDictionary<RecordKey, byte[]> model)
    {
        page.Seal();
        Assert.That(page.FindFault(_self, 0, 1), Is.Null);
        Assert.That(page.Count, Is.EqualTo(model.Count));
        var index = 0;
        foreach (var (key, value) in model)
        {
            Invariant.Check(page.KeyAt(index) == key && page.ValueAt(index).SequenceEqual(value));
            index++;
        }
    }
}
