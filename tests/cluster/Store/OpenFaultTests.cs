using Uss.Runtime;

namespace Uss.Store.Tests;

/// <summary>Disks that cannot be opened: each names the thing and what to do.</summary>
public sealed class OpenFaultTests
{
    [Test]
    public void A_damaged_superblock_leaves_the_other_and_two_leave_none()
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () => Assert.That(await rig.WriteAsync(new ObjectId(1, 1), 0, 1, 1, 1), Is.EqualTo(StoreStatus.Ok)));
        rig.Close();
        rig.Disk.FlipBit(100, 3);
        var fault = rig.TryOpen();
        if (fault is null)
            rig.Close();
        rig.Disk.FlipBit(StoreFormat.SuperblockBOffset + 100, 3);
        Assert.That(rig.TryOpen()?.Code, Is.EqualTo("superblock-damaged"));
    }

    [Test]
    public void A_truncated_disk_is_refused()
    {
        using var rig = new StoreRig();
        rig.Disk.Resize(32 << 20);
        Assert.That(rig.TryOpen()?.Code, Is.EqualTo("disk-truncated"));
    }

    [Test]
    public void A_foreign_disk_is_refused()
    {
        using var rig = new StoreRig();
        rig.World.CreateDisk("/other", 8 << 20);
        var reactor = rig.World.CreateReactor("other");
        var opened = rig.World.Run(reactor, () => ObjectStore.OpenAsync(reactor, "/other", StoreOptions.Default));
        Assert.That(opened.Fault?.Code, Is.EqualTo("not-a-uss-disk"));
        Assert.That(opened.Fault!.Message, Does.Contain("empty"));
    }

    [Test]
    public void The_wrong_disk_is_refused()
    {
        using var rig = new StoreRig(options: new StoreOptions { ExpectedDiskId = Guid.Empty });
        Assert.That(rig.TryOpen()?.Code, Is.EqualTo("disk-wrong"));
    }

    [Test]
    public void A_failed_write_makes_the_store_read_only_and_reads_go_on()
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () =>
        {
            await rig.WriteAsync(new ObjectId(1, 1), 0, 1, 5, 1);
            rig.Disk.Faults.WriteError = 1;
            Assert.That(await rig.WriteAsync(new ObjectId(1, 1), 1, 1, 6, 2), Is.EqualTo(StoreStatus.IoError));
            rig.Disk.Faults.WriteError = 0;
            Assert.That(await rig.WriteAsync(new ObjectId(1, 1), 2, 1, 7, 3), Is.EqualTo(StoreStatus.IoError));
            Assert.That(rig.Store.Statistics.ReadOnlyBecause?.Message, Does.Contain(StoreRig.Path));
            var (result, stamps) = await rig.ReadAsync(new ObjectId(1, 1), 0, 1);
            Assert.That(result.IsOk);
            Assert.That(stamps[0], Is.EqualTo(new Stamp(5, 0)));
        });
        rig.Close();
    }

    [Test]
    public void A_failed_flush_is_never_taken_for_success()
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () =>
        {
            rig.Disk.Faults.FlushError = 1;
            Assert.That(await rig.WriteAsync(new ObjectId(1, 1), 1, 1, 6, 2), Is.EqualTo(StoreStatus.IoError));
            rig.Disk.Faults.FlushError = 0;
            Assert.That(await rig.WriteAsync(new ObjectId(1, 1), 2, 1, 7, 3), Is.EqualTo(StoreStatus.IoError));
        });
        rig.Close();
    }
}
