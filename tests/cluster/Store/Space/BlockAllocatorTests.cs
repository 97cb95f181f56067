using Uss.Runtime;

namespace Uss.Store.Tests;

public sealed class BlockAllocatorTests
{
    private static readonly StoreGeometry _geometry = StoreGeometry.Plan("test", 64 << 20, StoreRig.SmallFormat).Value;

    [Test]
    public void No_block_is_given_twice_and_all_of_them_can_be_had([Range(1, 6)] int seed)
    {
        using var allocator = new BlockAllocator(_geometry);
        var random = new SeededRandom((ulong)seed);
        var held = new List<(ulong Address, int Length)>();
        var busy = new HashSet<ulong>();
        var extents = new ExtentList();
        for (var step = 0; step < 6000; step++)
        {
            var count = random.Chance(0.7) ? 1 : 1 + random.Next(200);
            extents.Clear();
            if (random.Chance(0.55) && allocator.TryAllocate(count, extents))
            {
                Assert.That(extents.Span.ToArray().Sum(e => e.Length), Is.EqualTo(count));
                foreach (var extent in extents.Span)
                {
                    held.Add((extent.Address, extent.Length));
                    for (var i = 0; i < extent.Length; i++)
                        Assert.That(busy.Add(extent.Address + (ulong)i) && _geometry.IsDataAddress(extent.Address + (ulong)i));
                }
            }
            else if (held.Count > 0)
            {
                var index = random.Next(held.Count);
                var (address, length) = held[index];
                held[index] = held[^1];
                held.RemoveAt(held.Count - 1);
                allocator.Release(address, length, isWarm: random.Chance(0.5));
                for (var i = 0; i < length; i++)
                    busy.Remove(address + (ulong)i);
            }

            Assert.That(allocator.FreeBlocks, Is.EqualTo(_geometry.DataBlocks - busy.Count));
        }

        extents.Clear();
        while (allocator.FreeBlocks > 0)
        {
            extents.Clear();
            Assert.That(allocator.TryAllocate((int)Math.Min(1024, allocator.FreeBlocks), extents));
        }

        extents.Clear();
        Assert.That(allocator.TryAllocate(1, extents), Is.False);
    }

    [Test]
    public void Freed_blocks_come_before_space_never_used()
    {
        using var allocator = new BlockAllocator(_geometry);
        var extents = new ExtentList();
        for (var i = 0; i < 1000; i++)
        {
            extents.Clear();
            allocator.TryAllocate(1, extents);
            allocator.Release(extents[0].Address, 1, isWarm: true);
        }

        Assert.That(allocator.Frontier, Is.EqualTo(1));
    }
}
