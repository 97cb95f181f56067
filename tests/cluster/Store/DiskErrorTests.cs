using Uss.Runtime;

namespace Uss.Store.Tests;

/// <summary>The disk refuses writes to one of its zones: nothing acknowledged is lost, reads go on, the store says why.</summary>
public sealed class DiskErrorTests
{
    private const uint Objects = 12;

    public enum Zone
    {
        Data,
        Log,
        Maps,
        Tables,
        Superblocks,
    }

    [Test]
    public void Writes_that_fail_in_one_zone_lose_nothing([Values] Zone zone, [Values(1, 2, 3)] int seed)
    {
        using var rig = new StoreRig((ulong)seed);
        rig.Open();
        var (start, end) = RangeOf(rig.Store.Core.Geometry, zone);
        var written = 0UL;
        rig.Run(async () =>
        {
            while (written < 40)
                Assert.That(await NextAsync(rig, ++written), Is.EqualTo(StoreStatus.Ok));
            rig.Disk.Faults.AppliesTo = (offset, length) => offset < end && offset + length > start;
            rig.Disk.Faults.WriteError = 1;
            if (zone is Zone.Data or Zone.Log)
                Assert.That(await NextAsync(rig, written + 1), Is.EqualTo(StoreStatus.IoError));
            else
                Assert.That((await rig.Store.CheckpointAsync()).IsOk, Is.False);
            Assert.That(rig.Store.Statistics.ReadOnlyBecause?.Message, Does.Contain(StoreRig.Path));
            Assert.That(await NextAsync(rig, written + 2), Is.EqualTo(StoreStatus.IoError), "no more changes");
            await CheckAsync(rig, written, mayHoldOneMore: false);
        });
        rig.Close();

        // The fault is gone; a write that failed may be there whole or not at all.
        rig.Disk.Faults.Clear();
        rig.Open();
        rig.Run(async () =>
        {
            await CheckAsync(rig, written, mayHoldOneMore: true);
            Assert.That((await rig.Store.VerifyAsync()).IsSound);
            Assert.That(await NextAsync(rig, written + 3), Is.EqualTo(StoreStatus.Ok));
        });
        rig.Close();
    }

    [Test]
    public void A_log_that_cannot_be_read_is_refused_by_name_and_opens_once_it_can()
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () => Assert.That(await NextAsync(rig, 1), Is.EqualTo(StoreStatus.Ok)));
        var (start, end) = RangeOf(rig.Store.Core.Geometry, Zone.Log);
        rig.PowerCut();
        rig.Disk.Faults.AppliesTo = (offset, length) => offset < end && offset + length > start;
        rig.Disk.Faults.ReadError = 1;
        Assert.That(rig.TryOpen()?.Code, Is.EqualTo("log-unreadable"));
        rig.Disk.Faults.Clear();
        rig.Open();
        rig.Run(() => CheckAsync(rig, 1, mayHoldOneMore: false));
        rig.Close();
    }

    private static (long Start, long End) RangeOf(in StoreGeometry geometry, Zone zone) => zone switch
    {
        Zone.Data => (geometry.DataStart, geometry.SizeBytes),
        Zone.Log => (geometry.LogStart, geometry.CheckpointStart(0)),
        Zone.Maps => (geometry.MapStart, geometry.DataStart),
        Zone.Tables => (geometry.CheckpointStart(0), geometry.MapStart),
        _ => (0, geometry.LogStart),
    };

    private static ValueTask<StoreStatus> NextAsync(StoreRig rig, ulong version) =>
        rig.WriteAsync(new ObjectId(1, (uint)(version % Objects)), 3, 4, version, version);

    private static async ValueTask CheckAsync(StoreRig rig, ulong written, bool mayHoldOneMore)
    {
        for (var version = written; version > 0 && version + Objects > written; version--)
        {
            var (result, stamps) = await rig.ReadAsync(new ObjectId(1, (uint)(version % Objects)), 3, 4);
            Assert.That(result.IsOk);
            var isNext = mayHoldOneMore && stamps[0].Write > written && stamps[0].Write % Objects == version % Objects;
            for (var i = 0; i < 4; i++)
                Assert.That(stamps[i], Is.EqualTo(new Stamp(isNext ? stamps[0].Write : version, i)));
        }
    }
}
