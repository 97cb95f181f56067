using FsCheck;
using FsCheck.Fluent;
using Uss.Runtime;

namespace Uss.Volumes.Tests;

[TestFixture]
public sealed class VolumePropertyTests
{
    private const int VolumeBytes = 12 << 20;
    private const int Sectors = VolumeBytes / 512;

    /// <summary>Any sequence of reads, writes, discards and compare-and-writes of any alignment against a plain array.</summary>
    [TestCase(1)]
    [TestCase(2)]
    public void A_volume_behaves_like_an_array(int copies)
    {
        var operation = from kind in Gen.Choose(0, 3)
                        from isNearBorder in ArbMap.Default.GeneratorFor<bool>()
                        from sector in isNearBorder ? Gen.Choose(-20, 20) : Gen.Choose(0, Sectors - 1)
                        from border in Gen.Choose(0, 2)
                        from length in Gen.Frequency((4, Gen.Choose(1, 40)), (1, Gen.Choose(8000, 9000)))
                        from fill in Gen.Choose(1, 255)
                        select (kind, Sector: Math.Clamp((isNearBorder ? border * 8192 : 0) + sector, 0, Sectors - 1), length, fill);
        Prop.ForAll(Gen.ListOf(operation).ToArbitrary(), operations =>
        {
            using var fixture = new VolumeFixture();
            fixture.Start();
            var volume = fixture.CreateVolume(sizeBytes: VolumeBytes, copies: copies);
            var model = new byte[VolumeBytes];
            foreach (var (kind, sector, length, fill) in operations)
            {
                var offset = sector * 512;
                var part = model.AsMemory(offset, Math.Min(length, Sectors - sector) * 512);
                if (!Apply(fixture, volume, kind, offset, part, (byte)fill))
                    return false;
            }

            return fixture.Read(volume, 0, VolumeBytes).Bytes.AsSpan().SequenceEqual(model);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(25).WithEndSize(40));
    }

    /// <summary>Counters in neighbouring sectors, each raised by many at once through compare-and-write: no step is lost.</summary>
    [TestCase(1UL)]
    [TestCase(2UL)]
    [TestCase(3UL)]
    public void Compare_and_write_loses_no_step(ulong seed)
    {
        using var fixture = new VolumeFixture(seed);
        fixture.Start();
        var volume = fixture.CreateVolume(sizeBytes: VolumeBytes, copies: 2);
        foreach (var store in fixture.Stores)
            store.MaximumDelayNs = 300_000;

        // The last sector of one object, the first two of the next, and a plain writer beside them.
        const long first = (4 << 20) - 512;
        var steps = fixture.Run(async () =>
        {
            var raising = Enumerable.Range(0, 9).Select(i => RaiseAsync(fixture, volume, first + (i % 3 * 512), 10)).ToList();
            var writing = ScribbleAsync(fixture, volume, first + (3 * 512), 20);
            var done = 0;
            foreach (var raise in raising)
                done += await raise;
            await writing;
            return done;
        });
        Assert.That(steps, Is.EqualTo(90));
        var (_, bytes) = fixture.Read(volume, first, 3 * 512);
        for (var i = 0; i < 3; i++)
            Assert.That(BitConverter.ToInt64(bytes, i * 512), Is.EqualTo(30));
    }

    private static bool Apply(VolumeFixture fixture, Volume volume, int kind, long offset, Memory<byte> model, byte fill)
    {
        switch (kind)
        {
            case 0:
                return fixture.Read(volume, offset, model.Length).Bytes.AsSpan().SequenceEqual(model.Span);
            case 1:
                model.Span.Fill(fill);
                return fixture.Write(volume, offset, model.ToArray(), misalignment: fill % 2 * 512).IsOk;
            case 2:
                model.Span.Clear();
                return fixture.Run(() => volume.DiscardAsync(offset, model.Length)).IsOk;
            default:
                return CompareAndWrite(fixture, volume, offset, model[..Math.Min(model.Length, 40 * 512)], fill);
        }
    }

    // Half of them expect a wrong byte, whose place must be told.
    private static bool CompareAndWrite(VolumeFixture fixture, Volume volume, long offset, Memory<byte> model, byte fill) =>
        fixture.Run(async () =>
        {
            var expected = fixture.Reactor.Buffers.Rent(model.Length);
            var source = fixture.Reactor.Buffers.Rent(model.Length);
            model.Span.CopyTo(expected.Slice().Span);
            source.Slice().Span.Fill(fill);
            var wrong = fill % 2 == 0 ? fill * 61 % model.Length : -1;
            if (wrong >= 0)
                expected.Slice().Span[wrong] ^= 1;
            var result = await volume.CompareAndWriteAsync(offset, expected.Slice(0, model.Length), source.Slice(0, model.Length));
            expected.Release();
            source.Release();
            if (wrong >= 0)
                return result == new VolumeResult(VolumeStatus.Miscompare, wrong);
            model.Span.Fill(fill);
            return result.IsOk;
        });

    private static async ValueTask<int> RaiseAsync(VolumeFixture fixture, Volume volume, long offset, int steps)
    {
        var expected = fixture.Reactor.Buffers.Rent(512);
        var source = fixture.Reactor.Buffers.Rent(512);
        expected.Slice().Span.Clear();
        source.Slice().Span.Clear();
        for (var done = 0; done < steps;)
        {
            var read = fixture.Reactor.Buffers.Rent(512);
            Assert.That((await volume.ReadAsync(offset, read.Slice(0, 512))).IsOk);
            var value = BitConverter.ToInt64(read.Slice().Span);
            read.Release();
            BitConverter.TryWriteBytes(expected.Slice().Span, value);
            BitConverter.TryWriteBytes(source.Slice().Span, value + 1);
            var result = await volume.CompareAndWriteAsync(offset, expected.Slice(0, 512), source.Slice(0, 512));
            Assert.That(result.Status, Is.AnyOf(VolumeStatus.Ok, VolumeStatus.Miscompare));
            if (result.IsOk)
                done++;
        }

        expected.Release();
        source.Release();
        return steps;
    }

    private static async ValueTask ScribbleAsync(VolumeFixture fixture, Volume volume, long offset, int times)
    {
        var buffer = fixture.Reactor.Buffers.Rent(512);
        buffer.Slice(0, 512).Span.Fill(0xAB);
        for (var i = 0; i < times; i++)
            Assert.That((await volume.WriteAsync(offset, buffer.Slice(0, 512))).IsOk);
        buffer.Release();
    }
}
