using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Store.Tests;

/// <summary>The file system that holds a disk file is full: an error, not damage.</summary>
public sealed class HostFullTests
{
    private const int Objects = 64;
    private const ulong FirstOverwrite = 2000;
    private static readonly StoreFormatOptions _format = new() { LogBytes = 256 << 10, MapBytes = 4 << 20 };
    private static readonly SimulatedDiskOptions _file = new() { IsFile = true };
    private static readonly StoreOptions _options = new() { DiscardDelayMs = 1, DiscardMinimumBytes = 4096 };

    [Test]
    public void No_space_for_data_fails_that_write_and_leaves_the_rest()
    {
        using var rig = new StoreRig(format: _format, disk: _file, options: _options);
        rig.Open();
        rig.Run(async () =>
        {
            await rig.WriteAsync(new ObjectId(1, 0), 0, 64, 1, 1);
            rig.Disk.Faults.HostFreeBytes = 2 * 4096;
            Assert.That(await rig.WriteAsync(new ObjectId(1, 1), 0, 4, 2, 2), Is.EqualTo(StoreStatus.NoSpace));
            Assert.That(rig.Store.Statistics.ReadOnlyBecause, Is.Null);
            Assert.That((await rig.ReadAsync(new ObjectId(1, 0), 63, 1)).Stamps[0], Is.EqualTo(new Stamp(1, 63)));
            Assert.That((await rig.ReadAsync(new ObjectId(1, 1), 0, 1)).Stamps[0], Is.EqualTo(Stamp.Zeros));
            Assert.That((await rig.Store.DiscardAsync(new ObjectId(1, 0), 0, 32, 3)).IsOk);
            await rig.Reactor.DelayAsync(1_000_000_000);
            Assert.That(await rig.WriteAsync(new ObjectId(1, 1), 0, 4, 4, 4), Is.EqualTo(StoreStatus.Ok), "the discard made room");
        });
        rig.PowerCut();
        rig.Disk.Faults.HostFreeBytes = 0;
        rig.Open();
        rig.Run(async () =>
        {
            Assert.That((await rig.ReadAsync(new ObjectId(1, 0), 63, 1)).Stamps[0], Is.EqualTo(new Stamp(1, 63)));
            Assert.That((await rig.ReadAsync(new ObjectId(1, 1), 0, 1)).Stamps[0], Is.EqualTo(new Stamp(4, 0)));
            Assert.That((await rig.Store.VerifyAsync()).IsSound);
        });
        rig.Close();
    }

    [Test]
    public void No_space_for_a_checkpoint_fails_writes_once_the_log_is_full_and_discards_bring_all_back()
    {
        using var rig = new StoreRig(format: _format, disk: _file, options: _options);
        rig.Open();
        rig.Run(async () =>
        {
            for (var i = 0U; i < Objects; i++)
                Assert.That(await rig.WriteAsync(new ObjectId(1, i), 0, 8, i + 1, i + 1), Is.EqualTo(StoreStatus.Ok));
            await rig.WriteAsync(new ObjectId(2, 0), 0, 256, 1000, 1000);
            await FillTheHostAsync(rig);
            var version = FirstOverwrite;
            while (await rig.WriteAsync(new ObjectId(1, (uint)(version % Objects)), 0, 1, version, version) == StoreStatus.Ok)
                Assert.That(++version, Is.LessThan(100_000));
            Assert.That(rig.Store.Core.LogFullWaits, Is.GreaterThan(0), "it was not the data that had no space");
            Assert.That(rig.Store.Statistics.ReadOnlyBecause, Is.Null);
            await CheckAsync(rig, version);

            // The log's reserve takes discards; the space that they free lets the checkpoint pass.
            Assert.That((await rig.Store.DiscardAsync(new ObjectId(2, 0), 0, 256, version + 1)).Status, Is.EqualTo(StoreStatus.Ok));
            await rig.Reactor.DelayAsync(5_000_000_000);
            Assert.That(await rig.WriteAsync(new ObjectId(3, 0), 0, 1, 7, version + 2), Is.EqualTo(StoreStatus.Ok));
            await CheckAsync(rig, version);
        });
        rig.Close();
    }

    // Leaves free blocks that the host has space for, so that writes find room and only maps do not.
    private static async ValueTask FillTheHostAsync(StoreRig rig)
    {
        for (var version = 1001UL; version <= 1002; version++)
            Assert.That(await rig.WriteAsync(new ObjectId(9, 0), 0, 256, version, version), Is.EqualTo(StoreStatus.Ok));
        await rig.Reactor.DelayAsync(1_000_000_000);
        rig.Disk.Faults.HostFreeBytes = 0;
    }

    private static async ValueTask CheckAsync(StoreRig rig, ulong failedVersion)
    {
        for (var version = Math.Max(failedVersion - Objects, FirstOverwrite); version < failedVersion; version++)
        {
            var (result, stamps) = await rig.ReadAsync(new ObjectId(1, (uint)(version % Objects)), 0, 8);
            Assert.That(result.IsOk);
            Assert.That(stamps[0], Is.EqualTo(new Stamp(version, 0)));
            Assert.That(stamps[7].Write, Is.EqualTo((version % Objects) + 1));
        }
    }

    [Test]
    public void A_full_host_and_a_full_log_survive_any_number_of_restarts()
    {
        using var rig = new StoreRig(format: _format, disk: _file, options: _options);
        rig.Open();
        var version = 1UL;
        rig.Run(async () =>
        {
            await FillTheHostAsync(rig);
            await rig.WriteAsync(new ObjectId(1, 0), 0, 64, 1, 1);
            while (await rig.WriteAsync(new ObjectId(1, 0), 0, 1, version + 1, version + 1) == StoreStatus.Ok)
                version++;
            Assert.That(rig.Store.Core.LogFullWaits, Is.GreaterThan(0), "it was not the data that had no space");
        });
        for (var life = 0; life < 20; life++)
        {
            rig.PowerCut();
            if (rig.TryOpen() is { } fault)
            {
                Assert.That(fault.Code, Is.EqualTo("host-file-system-full"));
                break;
            }

            rig.Run(async () => Assert.That((await rig.ReadAsync(new ObjectId(1, 0), 0, 1)).Stamps[0], Is.EqualTo(new Stamp(version, 0))));
        }

        if (rig.Store is not null)
            rig.PowerCut();
        rig.Disk.Faults.HostFreeBytes = long.MaxValue;
        rig.Open();
        rig.Run(async () => Assert.That((await rig.ReadAsync(new ObjectId(1, 0), 0, 1)).Stamps[0], Is.EqualTo(new Stamp(version, 0))));
        rig.Close();
    }

    [Test]
    public void No_space_for_the_log_itself_makes_the_store_read_only_until_there_is_some()
    {
        using var rig = new StoreRig(format: _format, disk: _file, options: _options);
        rig.Open();
        rig.Run(async () => await rig.WriteAsync(new ObjectId(1, 0), 0, 8, 1, 1));
        rig.Close();

        // The log is written in full when a disk is formatted; somebody punched holes into it since.
        var vandal = rig.World.CreateReactor("vandal");
        rig.World.Run(vandal, async () =>
        {
            var disk = (await vandal.OpenDiskAsync(StoreRig.Path, default)).Value!;
            Assert.That((await disk.DiscardAsync(StoreFormat.LogOffset, 256 << 10)).IsOk);
            await disk.CloseAsync();
        });
        rig.Open();
        rig.Run(async () =>
        {
            rig.Disk.Faults.HostFreeBytes = 4096;
            Assert.That(await rig.WriteAsync(new ObjectId(1, 1), 0, 1, 2, 2), Is.EqualTo(StoreStatus.IoError));
            Assert.That(rig.Store.Statistics.ReadOnlyBecause?.Code, Is.EqualTo("host-file-system-full"));
            Assert.That((await rig.ReadAsync(new ObjectId(1, 0), 7, 1)).Stamps[0], Is.EqualTo(new Stamp(1, 7)));
        });
        rig.Close();
        rig.Disk.Faults.HostFreeBytes = long.MaxValue;
        rig.Open();
        rig.Run(async () =>
        {
            Assert.That((await rig.ReadAsync(new ObjectId(1, 0), 7, 1)).Stamps[0], Is.EqualTo(new Stamp(1, 7)));
            Assert.That(await rig.WriteAsync(new ObjectId(1, 1), 0, 1, 2, 2), Is.EqualTo(StoreStatus.Ok));
        });
        rig.Close();
    }
}
