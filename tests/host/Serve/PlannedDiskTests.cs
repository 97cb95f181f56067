using Uss.Runtime;

namespace Uss.Host.Serve;

/// <summary>Which disks a start uses, after whatever earlier starts used.</summary>
public sealed class PlannedDiskTests
{
    private static readonly DataFolder _folder = new("/srv/uss");

    [Test]
    public void TheFirstStartMakesTwoFiles()
    {
        var plan = Decide(Options(), []);
        Assert.That(plan.Select(disk => (disk.Name, disk.Path, disk.CreateBytes, disk.IsKnown)), Is.EqualTo(new[]
        {
            ("disk0", "/srv/uss/disk0.uss", 1L << 30, false),
            ("disk1", "/srv/uss/disk1.uss", 1L << 30, false),
        }));
    }

    [Test]
    public void LaterStartsUseWhatIsKnownAndMakeNothingAnew()
    {
        var plan = Decide(Options(), ["/srv/uss/disk0.uss", "/srv/uss/disk1.uss", "/srv/uss/disk2.uss"]);
        Assert.That(plan.Select(disk => (disk.Name, disk.CreateBytes, disk.IsKnown)), Is.EqualTo(new[]
        {
            ("disk0", 0L, true), ("disk1", 0L, true), ("disk2", 0L, true),
        }));
    }

    [Test]
    public void MoreFilesAreAddedWhenAskedFor()
    {
        var plan = Decide(Options() with { Disks = 3 }, ["/srv/uss/disk0.uss", "/srv/uss/disk1.uss"]);
        Assert.That(plan.Select(disk => (disk.Name, disk.CreateBytes)), Is.EqualTo(new[]
        {
            ("disk0", 0L), ("disk1", 0L), ("disk2", 1L << 30),
        }));
    }

    [Test]
    public void ADiskThatWasRemovedStaysAwayWhenAnotherTookItsPlace()
    {
        var plan = Decide(Options() with { Disks = 1 }, ["/srv/uss/disk1.uss"]);
        Assert.That(plan.Select(disk => disk.Name), Is.EqualTo(new[] { "disk1" }));
    }

    [Test]
    public void GivenDisksReplaceTheDefaultAndAreRemembered()
    {
        var first = Decide(Options() with { DiskPaths = ["/dev/sdb"] }, []);
        Assert.That(first.Single(), Is.EqualTo(new PlannedDisk("sdb", "/dev/sdb", 0, false)));
        var later = Decide(Options(), ["/dev/sdb"]);
        Assert.That(later.Single(), Is.EqualTo(new PlannedDisk("sdb", "/dev/sdb", 0, true)));
        var both = Decide(Options() with { DiskPaths = ["/dev/sdb", "/dev/sdc"] }, ["/dev/sdb"]);
        Assert.That(both.Select(disk => (disk.Name, disk.IsKnown)), Is.EqualTo(new[] { ("sdb", true), ("sdc", false) }));
    }

    [Test]
    public void NamesAreUnique()
    {
        var plan = Decide(Options() with { DiskPaths = ["/a/disk.uss", "/b/disk.uss", "/c/disk"] }, []);
        Assert.That(plan.Select(disk => disk.Name), Is.EqualTo(new[] { "disk", "disk-2", "disk-3" }));
    }

    [Test]
    public void ADiskGivenTwiceIsOneDisk() =>
        Assert.That(Decide(Options() with { DiskPaths = ["/a/x", "/a/../a/x"] }, []), Has.Count.EqualTo(1));

    private static IReadOnlyList<PlannedDisk> Decide(ServeOptions options, IReadOnlyList<string> known)
    {
        var plan = PlannedDisk.Decide(options, known);
        Assert.That(plan.IsOk, Is.True, plan.Fault?.ToString());
        return plan.Value!;
    }

    private static ServeOptions Options() => new()
    {
        Folder = _folder,
        Iscsi = [new Endpoint(System.Net.IPAddress.Loopback, 3260)],
        DiskSizeBytes = 1 << 30,
    };
}
