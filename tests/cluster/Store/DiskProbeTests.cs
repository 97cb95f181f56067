using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Store.Tests;

public sealed class DiskProbeTests
{
    [TestCase(1080, "53EF", "ext2 file system")]
    [TestCase(512, "4546492050415254", "GPT partition table")]
    [TestCase(512, "4C4142454C4F4E45", "LVM physical volume")]
    [TestCase(0, "58465342", "XFS file system")]
    [TestCase(5000, "01", "unknown data")]
    [TestCase(3 << 20, "01", "empty")]
    [TestCase((8 << 20) - 4096, "01", "unknown data")]
    public void What_a_disk_holds_is_named(int offset, string hex, string expected)
    {
        using var world = new SimulatedWorld(1);
        world.CreateDisk("/d", 8 << 20);
        var reactor = world.CreateReactor("r");
        var content = world.Run(reactor, async () =>
        {
            var disk = (await reactor.OpenDiskAsync("/d", default)).Value!;
            var buffer = reactor.Buffers.Rent(4096);
            buffer.Slice().Span.Clear();
            Convert.FromHexString(hex).CopyTo(buffer.Slice().Span[(offset % 4096)..]);
            await disk.WriteAsync(offset / 4096 * 4096, buffer.Slice(0, 4096));
            buffer.Release();
            return await DiskProbe.ProbeAsync(reactor, disk);
        });
        Assert.That(content.Value!.Description, Is.EqualTo(expected));
        Assert.That(content.Value.IsEmpty, Is.EqualTo(expected == "empty"));
    }

    [Test]
    public void A_disk_that_holds_something_is_formatted_only_when_told_so()
    {
        using var rig = new StoreRig();
        var again = rig.Run(() => ObjectStore.FormatAsync(rig.Reactor, StoreRig.Path, StoreRig.SmallFormat));
        Assert.That(again.Fault?.Code, Is.EqualTo("disk-not-empty"));
        Assert.That(again.Fault!.Message, Does.Contain(rig.DiskId.ToString()));
        var forced = rig.Run(() => ObjectStore.FormatAsync(rig.Reactor, StoreRig.Path, StoreRig.SmallFormat with { Overwrite = true }));
        Assert.That(forced.IsOk);
    }
}
