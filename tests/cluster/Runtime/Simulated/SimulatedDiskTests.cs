using Uss.Runtime.Simulated;

namespace Uss.Runtime.Tests.Simulated;

public sealed class SimulatedDiskTests
{
    private const int Page = 4096;
    private SimulatedWorld _world = null!;

    [TearDown]
    public void TearDown() => _world?.Dispose();

    [Test]
    public void Reads_see_finished_writes_and_zeros_elsewhere([Values] bool needsFlush)
    {
        var (disk, reactor) = Create(1, needsFlush);
        _world.Run(
            reactor,
            async () =>
            {
                var open = await OpenAsync(reactor, disk);
                Assert.That((await WriteAsync(reactor, open, 512, 1024, 7)).Bytes, Is.EqualTo(1024));
                var read = await ReadAsync(reactor, open, 0, 2048);
                Assert.That(read[..512].All(b => b == 0) && read[512..1536].All(b => b == 7) && read[1536..].All(b => b == 0));
                await open.CloseAsync();
            });
        Assert.That(reactor.Buffers.RentedBuffers, Is.Zero);
    }

    [Test]
    public void Flushed_writes_survive_every_power_cut()
    {
        for (var seed = 0UL; seed < 50; seed++)
        {
            var (disk, reactor) = Create(seed);
            _world.Run(
                reactor,
                async () =>
                {
                    var open = await OpenAsync(reactor, disk);
                    for (var i = 0; i < 8; i++)
                        await WriteAsync(reactor, open, i * 1536, 1536, (byte)(i + 1));
                    await open.FlushAsync();
                });
            _world.PowerCut(disk);
            for (var i = 0; i < 8; i++)
                Assert.That(Peek(disk, i * 1536, 1536).All(b => b == i + 1), $"seed {seed} write {i}");
            _world.Dispose();
        }
    }

    [Test]
    public void Unflushed_sectors_are_kept_dropped_torn_and_reordered()
    {
        var seen = new FaultCounts();
        var mixes = 0;
        for (var seed = 0UL; seed < 200; seed++)
        {
            var (disk, reactor) = Create(seed);
            _world.Run(
                reactor,
                async () =>
                {
                    var open = await OpenAsync(reactor, disk);
                    await WriteAsync(reactor, open, 0, 4 * Page, 1);
                    await open.FlushAsync();
                    await WriteAsync(reactor, open, 0, 4 * Page, 2);
                    await WriteAsync(reactor, open, 0, 4 * Page, 3);
                });
            _world.PowerCut(disk);
            var left = Peek(disk, 0, 4 * Page);
            Assert.That(left.All(b => b is 1 or 2 or 3), "nothing but the three writes may be left");
            mixes += left.Distinct().Count() > 1 ? 1 : 0;
            seen.Add(_world.Faults);
            _world.Dispose();
        }

        Assert.That(seen[FaultKind.SectorKept], Is.GreaterThan(0));
        Assert.That(seen[FaultKind.SectorDropped], Is.GreaterThan(0));
        Assert.That(seen[FaultKind.SectorTorn], Is.GreaterThan(0));
        Assert.That(seen[FaultKind.SectorReordered], Is.GreaterThan(0));
        Assert.That(mixes, Is.InRange(40, 180), "whole and mixed outcomes must both happen");
    }

    [Test]
    public void Finished_writes_survive_where_no_flush_is_needed()
    {
        for (var seed = 0UL; seed < 30; seed++)
        {
            var (disk, reactor) = Create(seed, needsFlush: false);
            _world.Run(reactor, async () => await WriteAsync(reactor, await OpenAsync(reactor, disk), 0, 4 * Page, 9));
            _world.PowerCut(disk);
            Assert.That(Peek(disk, 0, 4 * Page).All(b => b == 9), $"seed {seed}");
            _world.Dispose();
        }
    }

    [Test]
    public void A_killed_process_leaves_its_write_in_flight_whole_partly_or_not_at_all()
    {
        var (none, some, all) = (0, 0, 0);
        for (var seed = 0UL; seed < 100; seed++)
        {
            var (disk, reactor) = Create(seed);
            var wasFinished = false;
            _world.Start(
                reactor,
                async () =>
                {
                    var open = await OpenAsync(reactor, disk);
                    await WriteAsync(reactor, open, 0, 8 * Page, 5);
                    wasFinished = true;
                    return true;
                });
            Assert.That(_world.RunUntil(() => disk.OperationsInFlight > 0, 1_000_000_000));
            _world.Crash(reactor);
            _world.RunFor(1_000_000_000);
            Assert.That(wasFinished, Is.False, "a task of a killed process must never continue");
            var written = Peek(disk, 0, 8 * Page).Count(b => b == 5);
            none += written == 0 ? 1 : 0;
            some += written is > 0 and < 8 * Page ? 1 : 0;
            all += written == 8 * Page ? 1 : 0;
            _world.Dispose();
        }

        Assert.That(new[] { none, some, all }, Is.All.GreaterThan(10));
    }

    [Test]
    public void What_a_killed_process_wrote_stays_visible_but_not_durable()
    {
        var lost = 0;
        for (var seed = 0UL; seed < 50; seed++)
        {
            var (disk, reactor) = Create(seed);
            _world.Run(reactor, async () => await WriteAsync(reactor, await OpenAsync(reactor, disk), 0, Page, 5));
            _world.Crash(reactor);
            Assert.That(Peek(disk, 0, Page).All(b => b == 5));
            _world.PowerCut(disk);
            lost += Peek(disk, 0, Page).All(b => b == 5) ? 0 : 1;
            _world.Dispose();
        }

        Assert.That(lost, Is.InRange(10, 45));
    }

    [Test]
    public void A_failed_flush_loses_data_for_good_whatever_later_flushes_say()
    {
        var lost = 0;
        for (var seed = 0UL; seed < 50; seed++)
        {
            var (disk, reactor) = Create(seed);
            _world.Run(
                reactor,
                async () =>
                {
                    var open = await OpenAsync(reactor, disk);
                    await WriteAsync(reactor, open, 0, 4 * Page, 1);
                    disk.Faults.FlushError = 1;
                    Assert.That((await open.FlushAsync()).Error, Is.EqualTo(Errno.Io));
                    disk.Faults.Clear();
                    await WriteAsync(reactor, open, 2 * Page, 512, 2);
                    Assert.That((await open.FlushAsync()).IsOk);
                    var read = await ReadAsync(reactor, open, 0, 4 * Page);
                    Assert.That(read[..(2 * Page)].All(b => b == 1), "until the power goes all looks well");
                    Assert.That(read[(2 * Page)..((2 * Page) + 512)].All(b => b == 2));
                    Assert.That(read[((2 * Page) + 512)..].All(b => b == 1));
                });
            _world.PowerCut(disk);
            Assert.That(Peek(disk, 2 * Page, 512).All(b => b == 2), "the later write was flushed");
            lost += Peek(disk, 0, Page)[0] == 0 ? 1 : 0;
            _world.Dispose();
        }

        Assert.That(lost, Is.InRange(10, 40));
    }

    [Test]
    public void A_second_open_is_locked_out_until_the_first_closes_or_dies()
    {
        var (disk, reactor) = Create(1);
        var other = _world.CreateReactor("other");
        var open = _world.Run(reactor, () => OpenAsync(reactor, disk));
        Assert.That(_world.Run(other, () => other.OpenDiskAsync(disk.Path, default)).Fault?.Code, Is.EqualTo("disk-locked"));
        Assert.That(_world.Run(other, () => other.OpenDiskAsync(disk.Path, new DiskOpenOptions(ReadOnly: true))).IsOk);
        _world.Run(reactor, () => open.CloseAsync());
        Assert.That(_world.Run(other, () => other.OpenDiskAsync(disk.Path, default)).IsOk);
        _world.Crash(other);
        Assert.That(_world.Run(reactor, () => reactor.OpenDiskAsync(disk.Path, default)).IsOk);
    }

    [Test]
    public void A_missing_disk_is_created_only_when_asked_for()
    {
        var (_, reactor) = Create(1);
        Assert.That(_world.Run(reactor, () => reactor.OpenDiskAsync("/no", default)).Fault?.Code, Is.EqualTo("disk-missing"));
        var created = _world.Run(reactor, () => reactor.OpenDiskAsync("/no", new DiskOpenOptions(CreateBytes: 1 << 20)));
        Assert.That(created.Value?.SizeBytes, Is.EqualTo(1 << 20));
    }

    [Test]
    public void A_buffer_released_while_its_write_is_under_way_stops_the_run()
    {
        var (disk, reactor) = Create(1);
        Assert.Throws<InvariantException>(
            () => _world.Run(
                reactor,
                async () =>
                {
                    var open = await OpenAsync(reactor, disk);
                    var buffer = reactor.Buffers.Rent(Page);
                    var write = open.WriteAsync(0, buffer.Slice());
                    buffer.Release();
                    await write;
                }));
    }

    [Test]
    public void Misaligned_and_outlying_writes_stop_the_run()
    {
        var (disk, reactor) = Create(1);
        var open = _world.Run(reactor, () => OpenAsync(reactor, disk));
        Assert.Throws<InvariantException>(() => _world.Run(reactor, async () => await WriteAsync(reactor, open, 100, 512, 1)));
        Assert.Throws<InvariantException>(() => _world.Run(reactor, async () => await WriteAsync(reactor, open, 512, 100, 1)));
        Assert.Throws<InvariantException>(
            () => _world.Run(reactor, async () => await WriteAsync(reactor, open, disk.SizeBytes - 512, 1024, 1)));
    }

    private (SimulatedDisk Disk, SimulatedReactor Reactor) Create(ulong seed, bool needsFlush = true)
    {
        _world = new SimulatedWorld(seed);
        var disk = _world.CreateDisk("/disk", 1 << 20, new SimulatedDiskOptions { NeedsFlush = needsFlush });
        return (disk, _world.CreateReactor("node"));
    }

    private static byte[] Peek(SimulatedDisk disk, long offset, int length)
    {
        var bytes = new byte[length];
        disk.Peek(offset, bytes);
        return bytes;
    }

    private static async ValueTask<IDisk> OpenAsync(SimulatedReactor reactor, SimulatedDisk disk)
    {
        var open = await reactor.OpenDiskAsync(disk.Path, default);
        Assert.That(open.IsOk, open.Fault?.ToString());
        return open.Value!;
    }

    private static async ValueTask<IoResult> WriteAsync(SimulatedReactor reactor, IDisk disk, long offset, int length, byte value)
    {
        var buffer = reactor.Buffers.Rent(length);
        buffer.Slice(0, length).Span.Fill(value);
        var result = await disk.WriteAsync(offset, buffer.Slice(0, length));
        buffer.Release();
        return result;
    }

    private static async ValueTask<byte[]> ReadAsync(SimulatedReactor reactor, IDisk disk, long offset, int length)
    {
        var buffer = reactor.Buffers.Rent(length);
        var result = await disk.ReadAsync(offset, buffer.Slice(0, length));
        Assert.That(result.Bytes, Is.EqualTo(length));
        var bytes = buffer.Slice(0, length).Span.ToArray();
        buffer.Release();
        return bytes;
    }
}
