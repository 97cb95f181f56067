namespace Uss.Runtime.Tests;

public sealed class BufferPoolTests
{
    [TestCase(1, 4096)]
    [TestCase(4096, 4096)]
    [TestCase(4097, 8192)]
    [TestCase(65536, 65536)]
    [TestCase((1 << 20) + 1, 2 << 20)]
    [TestCase(16 << 20, 16 << 20)]
    public unsafe void Buffers_are_aligned_powers_of_two(int sizeBytes, int capacity)
    {
        using var pool = new BufferPool();
        var buffer = pool.Rent(sizeBytes);
        Assert.That(buffer.Capacity, Is.EqualTo(capacity));
        Assert.That(BufferPool.CapacityOf(sizeBytes), Is.EqualTo(capacity));
        Assert.That((long)buffer.Address % 4096, Is.Zero);
        Assert.That((pool.RentedBuffers, pool.RentedBytes), Is.EqualTo((1, (long)capacity)));
        buffer.Slice().Span.Fill(1);
        buffer.Release();
        Assert.That((pool.RentedBuffers, pool.RentedBytes), Is.EqualTo((0, 0L)));
    }

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase((16 << 20) + 1)]
    public void Impossible_sizes_stop(int sizeBytes)
    {
        using var pool = new BufferPool();
        Assert.Throws<InvariantException>(() => pool.Rent(sizeBytes));
        Assert.Throws<InvariantException>(() => pool.TryRent(sizeBytes, out _));
    }

    [Test]
    public void Buffers_do_not_overlap()
    {
        using var pool = new BufferPool();
        var random = new SeededRandom(3);
        var rented = new List<(PageBuffer Buffer, byte Mark)>();
        for (var i = 0; i < 5_000; i++)
        {
            if (rented.Count > 0 && random.Chance(0.45))
            {
                var index = random.Next(rented.Count);
                var (buffer, mark) = rented[index];
                Assert.That(buffer.Slice().Span.ContainsAnyExcept(mark), Is.False);
                buffer.Release();
                rented.RemoveAt(index);
            }
            else
            {
                var buffer = pool.Rent(1 << random.Next(16));
                buffer.Slice().Span.Fill((byte)i);
                rented.Add((buffer, (byte)i));
            }

            if (i % 1000 == 0)
                pool.Trim();
        }

        rented.ForEach(r => r.Buffer.Release());
    }

    [Test]
    public void The_last_reference_returns_the_buffer_and_it_is_used_again()
    {
        using var pool = new BufferPool();
        var buffer = pool.Rent(4096);
        buffer.AddReference();
        buffer.Release();
        Assert.That(pool.RentedBuffers, Is.EqualTo(1));
        buffer.Release();
        Assert.That(pool.RentedBuffers, Is.Zero);
        var again = pool.Rent(4096);
        Assert.That(again, Is.SameAs(buffer));
        again.Release();
    }

    [Test]
    public unsafe void Use_after_release_stops()
    {
        using var pool = new BufferPool();
        var buffer = pool.Rent(4096);
        var slice = buffer.Slice(0, 100);
        buffer.Release();
        Assert.Throws<InvariantException>(buffer.Release);
        Assert.Throws<InvariantException>(buffer.AddReference);
        Assert.Throws<InvariantException>(() => _ = buffer.Address);
        Assert.Throws<InvariantException>(() => slice.Span.Clear());
    }

    [Test]
    public void A_pool_with_rented_buffers_cannot_be_disposed()
    {
        var pool = new BufferPool();
        var buffer = pool.Rent(4096);
        Assert.Throws<InvariantException>(pool.Dispose);
        buffer.Release();
        pool.Dispose();
        Assert.That(pool.ReservedBytes, Is.Zero);
    }

    [Test]
    public void The_limit_refuses_and_recovers()
    {
        using var pool = new BufferPool { LimitBytes = 64 << 10 };
        var rented = new List<PageBuffer>();
        while (pool.TryRent(16 << 10, out var buffer))
            rented.Add(buffer);
        Assert.That(rented, Has.Count.EqualTo(4));
        Assert.That(pool.TryRent(1, out _), Is.False);
        rented[0].Release();
        Assert.That(pool.TryRent((16 << 10) + 1, out _), Is.False);
        Assert.That(pool.TryRent(16 << 10, out var last), Is.True);
        rented[0] = last!;

        // What a renter bounds itself goes beyond.
        rented.Add(pool.Rent(4096));
        rented.ForEach(b => b.Release());
    }

    [Test]
    public void Idle_memory_of_other_sizes_does_not_add_to_the_limit()
    {
        using var pool = new BufferPool { LimitBytes = 32 << 20 };
        for (var sizeBytes = 4096; sizeBytes <= 16 << 20; sizeBytes *= 2)
        {
            var rented = new List<PageBuffer>();
            while (pool.TryRent(sizeBytes, out var buffer))
                rented.Add(buffer);
            Assert.That(rented, Has.Count.EqualTo((32 << 20) / sizeBytes));
            Assert.That(pool.ReservedBytes, Is.LessThanOrEqualTo(32 << 20));
            rented.ForEach(b => b.Release());
        }
    }

    [Test]
    public void Trim_keeps_what_is_rented()
    {
        using var pool = new BufferPool();
        var kept = pool.Rent(4096);
        var large = pool.Rent(1 << 20);
        kept.Slice().Span.Fill(7);
        large.Release();
        pool.Trim();
        Assert.That(pool.ReservedBytes, Is.EqualTo(2 << 20));
        Assert.That(kept.Slice().Span.ContainsAnyExcept((byte)7), Is.False);
        kept.Release();
        pool.Trim();
        Assert.That(pool.ReservedBytes, Is.Zero);
        pool.Rent(4096).Release();
    }

    [Test]
    public void A_bound_pool_stops_other_threads()
    {
        var pool = new BufferPool();
        pool.BindToThread();
        var buffer = pool.Rent(4096);
        var stopped = 0;
        var thread = new Thread(() =>
        {
            try
            {
                buffer.Release();
            }
            catch (InvariantException)
            {
                stopped++;
            }
        });
        thread.Start();
        thread.Join();
        Assert.That(stopped, Is.EqualTo(1));
    }
}
