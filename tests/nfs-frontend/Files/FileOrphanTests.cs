using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>Files without a name.</summary>
public sealed class FileOrphanTests
{
    [Test]
    public void Who_has_a_file_open_goes_on_with_it_for_a_minute()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.Write(file, 0, 10_000);
        rig.Remove(rig.Top, "f");
        var removedNs = rig.World.NowNs;
        rig.Pass(59 * FileRig.Second);
        Assert.That(rig.Read(file, 0, 1).Length, Is.EqualTo(10_000));
        Assert.That(rig.Write(file, 10_000, 1).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.SetLength(file, 20_000).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Attributes(file).Links, Is.Zero);
        rig.Pass(5 * FileRig.Second);
        Assert.That(rig.GetAttributes(file).Status, Is.EqualTo(NfsStatus.Stale));
        Assert.That(rig.Write(file, 0, 1).Status, Is.EqualTo(NfsStatus.Stale));
        Assert.That(rig.Data.Of(file.Inode), Is.EqualTo(new[] { (0L, 12_288L) }));
        Assert.That(rig.Data.Discards[0].AtNs - removedNs, Is.InRange(60 * FileRig.Second, 63 * FileRig.Second));
        Assert.That(rig.Store.Next(Keys.Orphans.From, Keys.Orphans.To), Is.Null);
        Assert.That(rig.Store.Next(Keys.Truncations.From, Keys.Truncations.To), Is.Null);
    }

    [Test]
    public void When_the_pool_is_nearly_full_it_goes_sooner()
    {
        using var rig = new FileRig();
        rig.Data.Room = (1000, 50);
        var kept = rig.File(rig.Top, "kept");
        rig.Write(kept, 0, 1);
        rig.Remove(rig.Top, "kept");
        rig.Pass(10 * FileRig.Second);
        Assert.That(rig.Exists(kept), "a twentieth is free");
        rig.Data.Room = (1000, 49);
        rig.Pass(5 * FileRig.Second);
        Assert.That(rig.Exists(kept), Is.False);
    }

    [Test]
    public void Files_of_all_sizes_go_and_the_count_is_right()
    {
        using var rig = new FileRig();
        var files = Enumerable.Range(0, 20).Select(i => rig.File(rig.Top, $"f{i}")).ToList();
        foreach (var (file, index) in files.Select((file, index) => (file, index)))
        {
            if (index % 2 == 1)
                rig.Write(file, index * 5000L, 1);
        }

        var before = rig.Status(rig.Top).Numbers[3];
        for (var index = 0; index < 20; index++)
            rig.Remove(rig.Top, $"f{index}");
        rig.Pass(70 * FileRig.Second);
        Assert.That(files.Any(file => rig.Exists(file)), Is.False);
        Assert.That(rig.Data.Discards, Has.Count.EqualTo(10), "what was never written has nothing to give back");
        Assert.That(before - rig.Status(rig.Top).Numbers[3], Is.EqualTo(20UL));
    }

    [Test]
    public void A_file_that_was_replaced_is_one_without_a_name()
    {
        using var rig = new FileRig();
        var old = rig.File(rig.Top, "old");
        rig.Write(old, 0, 1);
        rig.File(rig.Top, "new");
        rig.Rename(rig.Top, "new", rig.Top, "old");
        Assert.That(rig.Attributes(old).Links, Is.Zero);
        Assert.That(rig.Read(old, 0, 1).Length, Is.EqualTo(1));
        rig.Pass(70 * FileRig.Second);
        Assert.That(rig.GetAttributes(old).Status, Is.EqualTo(NfsStatus.Stale));
        Assert.That(rig.Data.Of(old.Inode), Is.EqualTo(new[] { (0L, 4096L) }));
    }

    [Test]
    public void It_goes_after_a_restart_too()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.Write(file, 0, 1);
        rig.Remove(rig.Top, "f");
        rig.Pass(30 * FileRig.Second);
        rig.Restart();
        rig.Pass(25 * FileRig.Second);
        Assert.That(rig.GetAttributes(file).Status, Is.EqualTo(NfsStatus.Ok));
        rig.Pass(15 * FileRig.Second);
        Assert.That(rig.GetAttributes(file).Status, Is.EqualTo(NfsStatus.Stale));
        Assert.That(rig.Data.Of(file.Inode), Is.EqualTo(new[] { (0L, 4096L) }));
    }

    [Test]
    public void A_write_under_way_is_waited_for()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.Remove(rig.Top, "f");
        FileReply? last = null;
        while (rig.Write(file, 0, 10_000) is { Status: NfsStatus.Ok })
        {
            last = rig.BeginWrite(file, 0, 10_000);
            rig.Pass(FileRig.Second / 3);
        }

        // Its end was never told.
        Assert.That(last, Is.Not.Null);
        Assert.That(rig.Data.Discards, Is.Empty);
        rig.Pass(5 * FileRig.Second);
        Assert.That(rig.Data.Of(file.Inode), Is.EqualTo(new[] { (0L, 12_288L) }));
    }

    [Test]
    public void What_fails_is_tried_again()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.Write(file, 0, 1);
        rig.Remove(rig.Top, "f");
        rig.Store.Refusals.Enqueue(Metadata.RecordStatus.NoSpace);
        rig.Data.Failures.Enqueue(Metadata.RecordStatus.Lost);
        rig.Pass(70 * FileRig.Second);
        Assert.That(rig.Exists(file), Is.False);
        Assert.That(rig.Data.Of(file.Inode), Is.EqualTo(new[] { (0L, 4096L) }));
        Assert.That(rig.Store.Next(Keys.Truncations.From, Keys.Truncations.To), Is.Null);
    }
}
