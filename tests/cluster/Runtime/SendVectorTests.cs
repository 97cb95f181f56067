namespace Uss.Runtime.Tests;

public sealed class SendVectorTests
{
    [Test]
    public unsafe void Slices_are_laid_out_for_the_kernel()
    {
        using var pool = new BufferPool();
        using var vector = new SendVector(2);
        var buffer = pool.Rent(4096);
        vector.Add(buffer.Slice(16, 100));
        vector.Add(default);
        vector.Add(buffer.Slice(200, 0));
        vector.Add(buffer.Slice(200, 50));
        Assert.That((vector.Count, vector.TotalBytes), Is.EqualTo((2, 150L)));
        Assert.That((nint)vector.Vectors[0].Base, Is.EqualTo((nint)(buffer.Address + 16)));
        Assert.That(vector.Vectors[1].Length, Is.EqualTo((nuint)50));
        Assert.Throws<InvariantException>(() => vector.Add(buffer.Slice(0, 1)));
        buffer.Release();
        Assert.That(pool.RentedBuffers, Is.EqualTo(1));
        vector.Clear();
        Assert.That(pool.RentedBuffers, Is.Zero);
        Assert.That((vector.Count, vector.TotalBytes), Is.EqualTo((0, 0L)));
    }

    [Test]
    public unsafe void Partial_sends_advance_and_rewind()
    {
        using var pool = new BufferPool();
        var random = new SeededRandom(4);
        for (var round = 0; round < 200; round++)
        {
            using var vector = new SendVector(8);
            var buffer = pool.Rent(65536);
            for (var i = 1 + random.Next(8); i > 0; i--)
                vector.Add(buffer.Slice(random.Next(30_000), 1 + random.Next(30_000)));
            buffer.Release();
            var original = Lengths(vector);
            var remaining = vector.TotalBytes;
            var first = 0;
            while (remaining > 0)
            {
                var left = 0L;
                for (var i = first; i < vector.Count; i++)
                    left += (long)vector.Vectors[i].Length;
                Assert.That(left, Is.EqualTo(remaining));
                if (first < vector.Count)
                {
                    var end = vector.Slices[first].Address + vector.Slices[first].Length;
                    Assert.That((nint)(vector.Vectors[first].Base + vector.Vectors[first].Length), Is.EqualTo((nint)end));
                }

                var sent = Math.Min(remaining, 1 + random.Next(40_000));
                first = vector.Advance(first, sent);
                remaining -= sent;
                if (random.Chance(0.1))
                    break;
            }

            vector.Rewind(first);
            Assert.That(Lengths(vector), Is.EqualTo(original));
        }
    }

    [Test]
    public void A_vector_that_is_being_sent_cannot_be_changed()
    {
        using var pool = new BufferPool();
        using var vector = new SendVector(2);
        var buffer = pool.Rent(4096);
        vector.Add(buffer.Slice(0, 10));
        vector.BeginSend();
        Assert.Throws<InvariantException>(() => vector.Add(buffer.Slice(0, 1)));
        Assert.Throws<InvariantException>(vector.Clear);
        Assert.Throws<InvariantException>(vector.Dispose);
        Assert.Throws<InvariantException>(vector.BeginSend);
        vector.EndSend();
        buffer.Release();
    }

    private static unsafe List<(nint Base, nuint Length)> Lengths(SendVector vector)
    {
        var list = new List<(nint, nuint)>();
        for (var i = 0; i < vector.Count; i++)
            list.Add(((nint)vector.Vectors[i].Base, vector.Vectors[i].Length));
        return list;
    }
}
