using Uss.Runtime;

namespace Uss.Store.Tests;

public sealed class DamageTests
{
    private static readonly ObjectId _object = new(2, 9);

    [Test]
    public void A_rotten_block_is_reported_with_its_place_and_never_returned()
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () =>
        {
            await rig.WriteAsync(_object, 0, 8, 3, 1);
            var place = (rig.Store.Core.Geometry.FirstDataAddress + 5) * 4096;
            rig.Disk.FlipBit(place + 77, 2);
            var (result, stamps) = await rig.ReadAsync(_object, 0, 8);
            Assert.That(result, Is.EqualTo(new StoreResult(StoreStatus.Damaged, 5, 1)));
            for (var i = 0; i < 8; i++)
                Assert.That(stamps[i], Is.EqualTo(i == 5 ? Stamp.Zeros : new Stamp(3, i)));
            Assert.That(await rig.WriteAsync(_object, 5, 1, 4, 1), Is.EqualTo(StoreStatus.Ok), "a repair carries the same version");
            Assert.That((await rig.ReadAsync(_object, 0, 8)).Result.IsOk);
        });
        rig.Close();
    }

    [Test]
    public void A_rotten_map_is_reported_and_what_is_written_anew_is_good()
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () => await rig.WriteAsync(_object, 0, 4, 3, 1));
        rig.Close();
        rig.Open();
        var image = rig.Store.Core.Geometry.MapStart;
        rig.Disk.FlipBit(image + 200, 1);
        rig.Run(async () =>
        {
            Assert.That((await rig.ReadAsync(_object, 0, 4)).Result, Is.EqualTo(new StoreResult(StoreStatus.Damaged, 0, 4)));
            Assert.That(await rig.WriteAsync(_object, 1, 1, 8, 9), Is.EqualTo(StoreStatus.Ok));
            Assert.That((await rig.ReadAsync(_object, 1, 1)).Stamps[0], Is.EqualTo(new Stamp(8, 0)));
        });
        rig.Close();
        rig.Open();
        rig.Run(async () =>
        {
            Assert.That((await rig.ReadAsync(_object, 1, 1)).Stamps[0], Is.EqualTo(new Stamp(8, 0)));
            var unknown = (await rig.ReadAsync(_object, 2, 1)).Result.Status;
            Assert.That(unknown, Is.EqualTo(StoreStatus.Damaged), "still unknown after a restart");
        });
        rig.Close();
    }

    [Test]
    public void A_full_disk_refuses_writes_and_a_discard_makes_room()
    {
        using var rig = new StoreRig(sizeBytes: 8 << 20);
        rig.Open();
        rig.Run(async () =>
        {
            var written = 0;
            while (await FillAsync(rig, written) == StoreStatus.Ok)
                written += 4;
            Assert.That(written, Is.GreaterThan(100));
            Assert.That((await rig.ReadAsync(_object, 0, 4)).Stamps[3], Is.EqualTo(new Stamp(1, 3)));
            Assert.That((await rig.Store.DiscardAsync(_object, 0, 64, 10_000)).Status, Is.EqualTo(StoreStatus.Ok));
            Assert.That(await rig.WriteAsync(_object, 900, 4, 1, 10_001), Is.EqualTo(StoreStatus.Ok));
            Assert.That((await rig.Store.VerifyAsync()).IsSound);
        });
        rig.Close();
    }

    [Test]
    public void A_disk_says_that_it_is_short_of_maps_before_it_refuses_writes()
    {
        using var rig = new StoreRig(sizeBytes: 64 << 20);
        rig.Open();
        rig.Run(async () =>
        {
            var written = 0u;
            var told = 0u;
            while (await rig.WriteAsync(_object with { Index = written }, 0, 1, written + 1, written + 1) == StoreStatus.Ok)
            {
                written++;
                if (told == 0 && rig.Store.Statistics.IsShortOfMaps)
                    told = written;
            }

            Assert.That(rig.Store.Statistics.UsedBytes, Is.LessThan(rig.Store.Statistics.DataBytes / 2), "it is not data that has no room");
            Assert.That(told, Is.InRange(10, written - 3));
        });
        rig.Close();
    }

    private static ValueTask<StoreStatus> FillAsync(StoreRig rig, int written)
    {
        var id = _object with { Index = _object.Index + ((uint)written / 512) };
        return rig.WriteAsync(id, written % 512, 4, (ulong)written + 1, (ulong)written + 1);
    }

    [Test]
    public void Discarded_and_deleted_space_goes_back_to_the_host()
    {
        using var rig = new StoreRig(disk: new Uss.Runtime.Simulated.SimulatedDiskOptions { IsFile = true });
        rig.Open();
        var empty = rig.Disk.AllocatedBytes;
        rig.Run(async () =>
        {
            for (var i = 0; i < 64; i++)
                await rig.WriteAsync(new ObjectId(i < 32 ? 2UL : 3UL, 0), i % 32 * 16, 16, (ulong)i + 1, (ulong)i + 1);
        });
        Assert.That(rig.Disk.AllocatedBytes - empty, Is.GreaterThanOrEqualTo(4 << 20));
        rig.Run(async () =>
        {
            Assert.That((await rig.Store.DiscardAsync(new ObjectId(2, 0), 0, 512, 1000)).IsOk);
            Assert.That((await rig.Store.DeleteSpaceAsync(3)).IsOk);
            await rig.Reactor.DelayAsync(5_000_000_000);
            Assert.That((await rig.ReadAsync(new ObjectId(3, 0), 0, 16)).Stamps[0], Is.EqualTo(Stamp.Zeros));
        });
        Assert.That(rig.Store.Statistics.UsedBytes, Is.Zero);
        Assert.That(rig.Disk.AllocatedBytes - empty, Is.LessThan(1 << 20));
        rig.Close();
    }
}
