using Uss.Runtime;

namespace Uss.Store.Tests;

public sealed unsafe class LayerMapTests
{
    [Test]
    public void A_map_behaves_as_a_dictionary([Range(1, 8)] int seed)
    {
        var random = new SeededRandom((ulong)seed);
        var map = LayerMap.Create();
        var model = new SortedDictionary<int, MapEntry>();
        Span<ulong> freed = stackalloc ulong[1024];
        for (var step = 0; step < 4000; step++)
        {
            var block = random.Next(1024);
            var entry = random.Chance(0.2) ? MapEntry.Hole((ulong)step) : new MapEntry((ulong)step + (1UL << 33), (ulong)step, (uint)step);
            map = LayerMap.Set(map, block, entry, out var old);
            Assert.That(old, Is.EqualTo(model.TryGetValue(block, out var before) ? before.Address : 0));
            model[block] = entry;
            if (!random.Chance(0.002))
                continue;
            var limit = (ulong)random.Next(step + 1);
            var count = LayerMap.RemoveUpTo(map, limit, freed);
            var gone = model.Where(pair => pair.Value.Version <= limit).ToArray();
            Assert.That(freed[..count].ToArray(), Is.EqualTo(gone.Where(p => !p.Value.IsHole).Select(p => p.Value.Address)));
            foreach (var (key, _) in gone)
                model.Remove(key);
        }

        Assert.That(map->Count, Is.EqualTo(model.Count));
        Assert.That(map->Present, Is.EqualTo(model.Values.Count(e => !e.IsHole)));
        Assert.That(LayerMap.EntriesOf(map).ToArray(), Is.EqualTo(model.Values));
        for (var block = 0; block < 1024; block++)
        {
            Assert.That(LayerMap.TryGet(map, block, out var entry), Is.EqualTo(model.TryGetValue(block, out var expected)));
            Assert.That(entry, Is.EqualTo(expected));
        }

        LayerMap.Free(map);
    }

    [Test]
    public void An_object_with_eight_blocks_takes_about_three_hundred_bytes()
    {
        var map = LayerMap.Create();
        for (var block = 0; block < 8; block++)
            map = LayerMap.Set(map, block * 100, new MapEntry(1, 1, 1), out _);
        Assert.That(map->MemoryBytes, Is.LessThanOrEqualTo(320));
        LayerMap.Free(map);
    }
}
