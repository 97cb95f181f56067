using Uss.Runtime;

namespace Uss.Store.Tests;

/// <summary>The superblock that a checkpoint writes last, cut off in the middle or gone astray.</summary>
public sealed class SuperblockTests
{
    private static readonly ObjectId _object = new(1, 1);

    // From before the first byte to after the last one that has a meaning, and in between at every field's border and within.
    [Test]
    public void A_superblock_torn_at_any_byte_leaves_a_disk_that_opens_with_everything(
        [Values(0, 4, 8, 10, 12, 13, 32, 36, 40, 68, 80, 88, 92, 96, 100, 112, 120, 124, 128, 136, 140, 512, 4096)] int tornAt,
        [Values] bool isEndNew)
    {
        using var rig = new StoreRig();
        Fill(rig, hasSecondCheckpoint: true);
        var area = rig.Store.Core.Superblock.Area ^ 1;
        var before = Page(rig, area);
        rig.Run(async () => Assert.That((await rig.Store.CheckpointAsync()).IsOk));
        Assert.That(rig.Store.Core.Superblock.Area, Is.EqualTo(area));
        var after = Page(rig, area);
        rig.PowerCut();
        var torn = (isEndNew ? before : after).AsSpan(0, tornAt).ToArray().Concat((isEndNew ? after : before).Skip(tornAt)).ToArray();
        Overwrite(rig, area, torn);
        rig.Open();
        rig.Run(() => CheckAsync(rig));
        rig.Run(async () => Assert.That(await rig.WriteAsync(_object, 9, 1, 4, 4), Is.EqualTo(StoreStatus.Ok)));
        rig.Close();
        rig.Open();
        rig.Run(() => CheckAsync(rig));
        rig.Run(async () => Assert.That((await rig.ReadAsync(_object, 9, 1)).Stamps[0], Is.EqualTo(new Stamp(4, 0))));
        rig.Close();
    }

    [Test]
    public void A_superblock_in_the_others_place_does_not_count()
    {
        using var rig = new StoreRig();
        Fill(rig, hasSecondCheckpoint: false);
        var newest = rig.Store.Core.Superblock.Area;
        var page = Page(rig, newest);
        rig.PowerCut();
        Overwrite(rig, newest ^ 1, page);
        rig.Open();
        rig.Run(() => CheckAsync(rig));
        rig.PowerCut();
        Overwrite(rig, newest, new byte[Superblock.Bytes]);
        Assert.That(rig.TryOpen()?.Code, Is.EqualTo("superblock-damaged"));
    }

    // A cable that lets the newer one through again must not bring back a checkpoint that has been written over meanwhile.
    [Test]
    public void A_superblock_that_could_not_be_read_once_does_not_count_again([Values] bool isOlder)
    {
        using var rig = new StoreRig();
        Fill(rig, hasSecondCheckpoint: true);
        var unreadable = rig.Store.Core.Superblock.Area ^ (isOlder ? 1 : 0);
        Assert.That(Superblock.TryRead(Page(rig, unreadable), out _));
        rig.PowerCut();
        rig.Disk.BreakSectors(Superblock.OffsetOf(unreadable), Superblock.Bytes);
        rig.Open();
        rig.Run(() => CheckAsync(rig));
        Assert.That(Superblock.TryRead(Page(rig, unreadable), out _), Is.False);
        rig.PowerCut();
        rig.Open();
        rig.Run(() => CheckAsync(rig));
        rig.Close();
    }

    // What CheckAsync expects: three changes, a checkpoint after the first one, and after the second one if wanted.
    private static void Fill(StoreRig rig, bool hasSecondCheckpoint)
    {
        rig.Open();
        rig.Run(async () =>
        {
            await rig.WriteAsync(_object, 0, 4, 1, 1);
            Assert.That((await rig.Store.CheckpointAsync()).IsOk);
            await rig.WriteAsync(_object, 2, 4, 2, 2);
            if (hasSecondCheckpoint)
                Assert.That((await rig.Store.CheckpointAsync()).IsOk);
            await rig.WriteAsync(_object, 4, 4, 3, 3);
        });
    }

    private static async ValueTask CheckAsync(StoreRig rig)
    {
        Stamp[] expected = [new(1, 0), new(1, 1), new(2, 0), new(2, 1), new(3, 0), new(3, 1), new(3, 2), new(3, 3)];
        Assert.That((await rig.ReadAsync(_object, 0, 8)).Stamps, Is.EqualTo(expected));
        Assert.That((await rig.Store.VerifyAsync()).IsSound);
    }

    private static byte[] Page(StoreRig rig, int area)
    {
        var page = new byte[Superblock.Bytes];
        rig.Disk.Peek(Superblock.OffsetOf(area), page);
        return page;
    }

    private static void Overwrite(StoreRig rig, int area, byte[] page)
    {
        var vandal = rig.World.CreateReactor("vandal");
        rig.World.Run(vandal, async () =>
        {
            var disk = (await vandal.OpenDiskAsync(StoreRig.Path, default)).Value!;
            var buffer = vandal.Buffers.Rent(Superblock.Bytes);
            page.CopyTo(buffer.Slice().Span);
            Assert.That((await disk.WriteAsync(Superblock.OffsetOf(area), buffer.Slice(0, Superblock.Bytes))).IsOk);
            await disk.FlushAsync();
            buffer.Release();
            await disk.CloseAsync();
        });
    }
}
