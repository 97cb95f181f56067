namespace Uss.Volumes.Tests;

[TestFixture]
public sealed class VolumeTests
{
    private VolumeFixture _fixture = null!;

    [SetUp]
    public void SetUp()
    {
        _fixture = new VolumeFixture();
        _fixture.Start();
    }

    [TearDown]
    public void TearDown() => _fixture.Dispose();

    [Test]
    public void A_new_volume_reads_as_zeros()
    {
        var volume = _fixture.CreateVolume();
        var (result, bytes) = _fixture.Read(volume, 4096, 65536);
        Assert.That(result.IsOk);
        Assert.That(bytes, Is.All.Zero);
    }

    [TestCase(0, 4096, 0)]
    [TestCase(8192, 65536, 0)]
    [TestCase(512, 512, 0)]
    [TestCase(3584, 1024, 0)]
    [TestCase(512, 8192, 0)]
    [TestCase(4096, 4608, 0)]
    [TestCase(4096, 8192, 512)]
    [TestCase((4 << 20) - 4096, 8192, 0)]
    [TestCase((4 << 20) - 512, 1024, 0)]
    [TestCase((4 << 20) - 512, (8 << 20) + 1024, 0)]
    [TestCase(0, 16 << 20, 0)]
    public void What_is_written_is_read(long offset, int length, int misalignment)
    {
        var volume = _fixture.CreateVolume();
        var before = _fixture.Pattern(20 << 20);
        for (var at = 0; at < before.Length; at += 4 << 20)
            Assert.That(_fixture.Write(volume, at, before[at..(at + (4 << 20))]).IsOk);

        var written = _fixture.Pattern(length);
        Assert.That(_fixture.Write(volume, offset, written, misalignment).IsOk);
        AssertReads(volume, offset, written, misalignment);

        written.CopyTo(before, offset);
        var start = Math.Max(0, offset - 8192) & ~4095L;
        var end = Math.Min(before.Length, offset + length + 8192);
        for (var at = start; at < end; at += 1 << 20)
        {
            var part = (int)Math.Min(1 << 20, end - at);
            AssertReads(volume, at, before[(int)at..(int)(at + part)]);
        }
    }

    [TestCase(4096, 4096)]
    [TestCase(512, 512)]
    [TestCase(512, 8192)]
    [TestCase(4096 + 512, 3584)]
    [TestCase((4 << 20) - 8192 - 512, 16384 + 1024)]
    [TestCase(512, (18 << 20) + 3584)]
    public void A_discarded_range_reads_as_zeros_and_its_neighbours_stay(long offset, int length)
    {
        var volume = _fixture.CreateVolume();
        var expected = _fixture.Pattern(20 << 20);
        for (var at = 0; at < expected.Length; at += 4 << 20)
            Assert.That(_fixture.Write(volume, at, expected[at..(at + (4 << 20))]).IsOk);
        Assert.That(_fixture.Run(() => volume.DiscardAsync(offset, length)).IsOk);
        expected.AsSpan((int)offset, length).Clear();
        for (var at = 0; at < expected.Length; at += 4 << 20)
            AssertReads(volume, at, expected[at..(at + (4 << 20))]);
        var wholeBlocks = ((offset + length) / 4096) - ((offset + 4095) / 4096);
        var present = _fixture.Disks.Sum(disk => disk.Objects.Values.Sum(found => found.PresentBlocks));
        Assert.That(present, Is.EqualTo((20 << 8) - Math.Max(wholeBlocks, 0)));
    }

    [Test]
    public void Compare_and_write_reports_the_first_difference_and_writes_nothing()
    {
        var volume = _fixture.CreateVolume();
        var present = _fixture.Pattern(8192);
        Assert.That(_fixture.Write(volume, 4096, present).IsOk);
        var expected = present[512..2048];
        expected[1000] ^= 1;
        var miscompare = new VolumeResult(VolumeStatus.Miscompare, 1000);
        Assert.That(CompareAndWrite(volume, 4096 + 512, expected, new byte[1536]), Is.EqualTo(miscompare));
        AssertReads(volume, 4096, present);
        Assert.That(CompareAndWrite(volume, 4096 + 512, present[512..2048], new byte[1536]), Is.EqualTo(VolumeResult.Ok));
        present.AsSpan(512, 1536).Clear();
        AssertReads(volume, 4096, present);
    }

    [Test]
    public void A_range_that_leaves_the_volume_is_refused()
    {
        var volume = _fixture.CreateVolume(sizeBytes: 8 << 20);
        Assert.That(_fixture.Write(volume, (8 << 20) - 512, new byte[1024]).Status, Is.EqualTo(VolumeStatus.OutOfRange));
        Assert.That(_fixture.Read(volume, 8 << 20, 512).Result.Status, Is.EqualTo(VolumeStatus.OutOfRange));
        Assert.That(_fixture.Read(volume, -512, 512).Result.Status, Is.EqualTo(VolumeStatus.OutOfRange));
        Assert.That(_fixture.Run(() => volume.DiscardAsync(0, long.MaxValue)).Status, Is.EqualTo(VolumeStatus.OutOfRange));
    }

    [Test]
    public void Concurrent_writes_of_parts_of_one_block_all_survive()
    {
        var volume = _fixture.CreateVolume();
        foreach (var store in _fixture.Stores)
            store.MaximumDelayNs = 1_000_000;
        var expected = _fixture.Pattern(4096);
        _fixture.Run(async () =>
        {
            var buffer = _fixture.Reactor.Buffers.Rent(4096);
            expected.CopyTo(buffer.Slice().Span);
            var writes = Enumerable.Range(0, 8).Select(i => volume.WriteAsync(i * 512, buffer.Slice(i * 512, 512))).ToList();
            foreach (var write in writes)
                Assert.That((await write).IsOk);
            buffer.Release();
        });
        Assert.That(_fixture.Read(volume, 0, 4096).Bytes, Is.EqualTo(expected));
    }

    [Test]
    public void Everything_is_there_after_a_restart()
    {
        var volume = _fixture.CreateVolume();
        var written = _fixture.Pattern(9 << 20);
        Assert.That(_fixture.Write(volume, 4096, written).IsOk);
        var id = volume.Id;
        _fixture.CrashAndStart();
        var again = _fixture.Node.Volumes.Find("v")!;
        Assert.That(again.Id, Is.EqualTo(id));
        Assert.That(again.SizeBytes, Is.EqualTo(64 << 20));
        AssertReads(again, 4096, written);
    }

    [Test]
    public void Allocation_is_reported_in_runs()
    {
        var volume = _fixture.CreateVolume(sizeBytes: 8 << 20);
        Assert.That(_fixture.Write(volume, 8192, new byte[8192]).IsOk);
        Assert.That(Query(volume, 0), Is.EqualTo(new AllocationExtent(VolumeStatus.Ok, 0, 8192, false)));
        Assert.That(Query(volume, 12288 + 512), Is.EqualTo(new AllocationExtent(VolumeStatus.Ok, 8192, 8192, true)));
        Assert.That(Query(volume, 16384), Is.EqualTo(new AllocationExtent(VolumeStatus.Ok, 16384, (4 << 20) - 16384, false)));
        Assert.That(Query(volume, 8 << 20).Status, Is.EqualTo(VolumeStatus.OutOfRange));
    }

    private void AssertReads(Volume volume, long offset, byte[] expected, int misalignment = 0)
    {
        var (result, bytes) = _fixture.Read(volume, offset, expected.Length, misalignment);
        Assert.That(result, Is.EqualTo(VolumeResult.Ok));
        var equal = bytes.AsSpan().CommonPrefixLength(expected);
        Assert.That(equal, Is.EqualTo(expected.Length), $"first difference at {offset + equal}");
    }

    private AllocationExtent Query(Volume volume, long offset) => _fixture.Run(() => volume.QueryAllocationAsync(offset));

    private VolumeResult CompareAndWrite(Volume volume, long offset, byte[] expected, byte[] source) => _fixture.Run(async () =>
    {
        var buffer = _fixture.Reactor.Buffers.Rent(expected.Length + source.Length);
        expected.CopyTo(buffer.Slice().Span);
        source.CopyTo(buffer.Slice().Span[expected.Length..]);
        var result = await volume.CompareAndWriteAsync(
            offset, buffer.Slice(0, expected.Length), buffer.Slice(expected.Length, source.Length));
        buffer.Release();
        return result;
    });
}
