using Uss.Runtime;

namespace Uss.Store.Tests;

public sealed class ObjectTableTests
{
    [Test]
    public void Layers_are_found_by_object_and_sequence_whatever_the_order_of_changes()
    {
        using var table = new ObjectTable(8 * TableEntry.PerChunk);
        var random = new SeededRandom(5);
        var model = new Dictionary<(ObjectId Id, uint Sequence), int>();
        for (var step = 0; step < 20000; step++)
        {
            var key = (new ObjectId(random.NextUInt64() % 3, (uint)random.Next(500)), (uint)random.Next(4));
            if (model.Remove(key, out var slot))
            {
                Assert.That(table.FindLayer(key.Item1, key.Item2), Is.EqualTo(slot));
                table.Remove(slot);
                continue;
            }

            Assert.That(table.FindLayer(key.Item1, key.Item2), Is.EqualTo(-1));
            model[key] = table.Add(key.Item1, key.Item2, TableEntryKind.Layer);
        }

        Assert.That(table.Objects, Is.EqualTo(model.Keys.Select(k => k.Id).Distinct().Count()));
        foreach (var group in model.GroupBy(pair => pair.Key.Id))
        {
            var sequences = new List<uint>();
            for (var slot = table.Find(group.Key); slot >= 0; slot = table.Older(slot))
                sequences.Add(table.Read(slot).Sequence);
            Assert.That(sequences, Is.EqualTo(group.Select(pair => pair.Key.Sequence).OrderDescending()));
        }
    }

    [Test]
    public void A_full_table_says_so()
    {
        using var table = new ObjectTable(TableEntry.PerChunk);
        for (var i = 0; i < TableEntry.PerChunk; i++)
            Assert.That(table.Add(new ObjectId(1, (uint)i), 0, TableEntryKind.Layer), Is.GreaterThanOrEqualTo(0));
        Assert.That(table.Add(new ObjectId(2, 0), 0, TableEntryKind.Layer), Is.EqualTo(-1));
    }
}
