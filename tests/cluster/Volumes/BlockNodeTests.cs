using Uss.Replication.Tests.Support;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes.Tests;

[TestFixture]
public sealed class BlockNodeTests
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
    public void Two_copies_serve_without_one_disk_and_it_catches_up_when_it_is_back()
    {
        var volume = _fixture.CreateVolume(copies: 2);
        var expected = _fixture.Pattern(16 << 20);
        Assert.That(_fixture.Write(volume, 0, expected).IsOk);
        _fixture.Absent.Add(1);
        _fixture.CrashAndStart();
        volume = _fixture.Node.Volumes.Find("v")!;
        Assert.That(_fixture.Node.Disks[1].State, Is.EqualTo(DiskState.Failed));
        Assert.That(_fixture.Node.Disks[1].Fault!.Code, Is.EqualTo("disk-missing"));
        Assert.That(_fixture.Node.Volumes.Describe("v")!.Health, Is.EqualTo(VolumeHealth.Degraded));
        AssertReads(volume, expected);
        var changed = _fixture.Pattern(8192);
        changed.CopyTo(expected, 4096);
        Assert.That(_fixture.Write(volume, 4096, changed).IsOk);

        // Found again by itself, and only what changed is copied.
        _fixture.Absent.Clear();
        _fixture.Settle();
        Assert.That(_fixture.Node.Disks[1].State, Is.EqualTo(DiskState.Online));
        Assert.That(_fixture.Node.Volumes.Describe("v")!.Health, Is.EqualTo(VolumeHealth.Healthy));
        Assert.That(_fixture.Stores[1].BlocksWritten, Is.EqualTo(2));
        Assert.That(_fixture.Events, Does.Contain(new NodeEvent(NodeEventKind.DiskChanged, "disk1")));
        Assert.That(_fixture.Events, Does.Contain(new NodeEvent(NodeEventKind.HealthChanged, "")));
        _fixture.Absent.Add(0);
        _fixture.CrashAndStart();
        AssertReads(_fixture.Node.Volumes.Find("v")!, expected);
    }

    [Test]
    public void A_stale_disk_alone_serves_nothing()
    {
        var volume = _fixture.CreateVolume(copies: 2);
        Assert.That(_fixture.Write(volume, 0, _fixture.Pattern(4096)).IsOk);
        _fixture.Absent.Add(1);
        _fixture.CrashAndStart();
        var newest = _fixture.Pattern(4096);
        Assert.That(_fixture.Write(_fixture.Node.Volumes.Find("v")!, 0, newest).IsOk);
        _fixture.Absent.Clear();
        _fixture.Absent.Add(0);
        _fixture.CrashAndStart();
        Assert.That(_fixture.Read(_fixture.Node.Volumes.Find("v")!, 0, 4096).Result.Status, Is.EqualTo(VolumeStatus.Unavailable));
        Assert.That(_fixture.Node.Volumes.Describe("v")!.Health, Is.EqualTo(VolumeHealth.Unavailable));
        _fixture.Absent.Clear();
        _fixture.Settle();
        Assert.That(_fixture.Read(_fixture.Node.Volumes.Find("v")!, 0, 4096).Bytes.AsSpan().SequenceEqual(newest));
    }

    [Test]
    public void With_one_copy_what_is_on_the_other_disk_is_served()
    {
        var volume = _fixture.CreateVolume();
        Assert.That(_fixture.Write(volume, 0, _fixture.Pattern(16 << 20)).IsOk);
        _fixture.Absent.Add(1);
        _fixture.CrashAndStart();
        volume = _fixture.Node.Volumes.Find("v")!;
        var statuses = Enumerable.Range(0, 16).Select(i => _fixture.Read(volume, (long)i << 22, 4096).Result.Status).ToList();
        Assert.That(statuses, Does.Contain(VolumeStatus.Ok));
        Assert.That(statuses, Does.Contain(VolumeStatus.Unavailable));
        _fixture.Absent.Clear();
        _fixture.Settle();
        for (var i = 0; i < 16; i++)
            Assert.That(_fixture.Read(volume, (long)i << 22, 4096).Result.IsOk);
    }

    [Test]
    public void A_clean_stop_leaves_nothing_to_compare()
    {
        var volume = _fixture.CreateVolume(copies: 2);
        Assert.That(_fixture.Write(volume, 0, _fixture.Pattern(8 << 20)).IsOk);
        _fixture.StopAndStart();
        Assert.That(_fixture.Node.Counters.ObjectsCompared, Is.Zero);
    }

    [Test]
    public void After_a_crash_only_what_changed_lately_is_compared()
    {
        var volume = _fixture.CreateVolume(copies: 2);
        Assert.That(_fixture.Write(volume, 0, _fixture.Pattern(16 << 20)).IsOk);
        _fixture.Settle();
        Assert.That(_fixture.Write(volume, 4 << 20, _fixture.Pattern(4096)).IsOk);
        _fixture.CrashAndStart();
        Assert.That(_fixture.Node.Counters.ObjectsCompared, Is.EqualTo(1));
    }

    [Test]
    public void A_stop_takes_less_than_five_seconds_also_while_a_disk_catches_up()
    {
        var volume = _fixture.CreateVolume(copies: 2);
        Assert.That(_fixture.Write(volume, 0, _fixture.Pattern(16 << 20)).IsOk);
        _fixture.Absent.Add(1);
        _fixture.CrashAndStart();
        Assert.That(_fixture.Write(_fixture.Node.Volumes.Find("v")!, 0, _fixture.Pattern(16 << 20)).IsOk);
        _fixture.Absent.Clear();
        _fixture.Disks[1].Objects.Clear();
        Assert.That(_fixture.World.RunUntil(() => _fixture.Node.Status.ResyncingGroups > 0, 60_000_000_000));
        foreach (var store in _fixture.Stores)
            store.MaximumDelayNs = 10_000_000;
        var before = _fixture.World.NowNs;
        _fixture.Stop();
        Assert.That(_fixture.World.NowNs - before, Is.LessThan(5_000_000_000));
        Assert.That(_fixture.Stores, Has.All.Property(nameof(FakeStore.IsClosed)).True);
    }

    [Test]
    public void A_new_disk_gets_its_share_and_the_old_ones_lose_theirs()
    {
        var single = _fixture.CreateVolume("single");
        var mirrored = _fixture.CreateVolume("mirrored", copies: 2);
        var first = _fixture.Pattern(16 << 20);
        var second = _fixture.Pattern(16 << 20);
        for (var i = 0; i < 4; i++)
        {
            Assert.That(_fixture.Write(single, (long)i << 24, first).IsOk);
            Assert.That(_fixture.Write(mirrored, (long)i << 24, second).IsOk);
        }

        var before = _fixture.Disks.Sum(disk => disk.PresentBlocks);
        _fixture.Disks.Add(new FakeDisk(new Guid(9, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0])));
        _fixture.Stores.Add(new FakeStore(_fixture.Disks[2]));
        var added = _fixture.Run(() => _fixture.Node.AddDiskAsync(_fixture.Source(2)));
        Assert.That(added.Fault, Is.Null);
        _fixture.Settle(600_000_000_000);
        Assert.That(_fixture.Node.Status.HealthyGroups, Is.EqualTo(_fixture.Node.Status.Groups));
        Assert.That(_fixture.Disks[2].PresentBlocks, Is.GreaterThan(before / 6));
        Assert.That(_fixture.Disks.Sum(disk => disk.PresentBlocks), Is.EqualTo(before), "what moved is not purged");
        _fixture.CrashAndStart();
        AssertReads(_fixture.Node.Volumes.Find("single")!, first);
        AssertReads(_fixture.Node.Volumes.Find("mirrored")!, second);
    }

    [Test]
    public void A_removed_volume_leaves_nothing_on_any_disk_also_on_one_that_was_away()
    {
        var volume = _fixture.CreateVolume(copies: 2);
        Assert.That(_fixture.Write(volume, 0, _fixture.Pattern(8 << 20)).IsOk);
        _fixture.Absent.Add(1);
        _fixture.CrashAndStart();
        Assert.That(_fixture.Run(() => _fixture.Node.Volumes.RemoveAsync("v")), Is.Null);
        Assert.That(_fixture.Disks[0].PresentBlocks, Is.Zero);
        Assert.That(_fixture.Disks[1].PresentBlocks, Is.Not.Zero);
        _fixture.Absent.Clear();
        _fixture.Settle();
        Assert.That(_fixture.Disks[1].PresentBlocks, Is.Zero);
        Assert.That(_fixture.Node.Status.HealthyGroups, Is.EqualTo(_fixture.Node.Status.Groups));
        var left = _fixture.Run(() => new Coordination.Simulated.SimulatedCoordinationStore(_fixture.State).ListAsync("removed/"));
        Assert.That(left.Entries, Is.Empty);
    }

    [Test]
    public void A_disk_with_data_of_another_cluster_is_refused()
    {
        var other = new FakeDisk(new Guid(77, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0])) { HighestVersion = 5 };
        _fixture.Disks.Add(other);
        _fixture.CrashAndStart();
        var disk = _fixture.Node.Disks[2];
        Assert.That(disk.State, Is.EqualTo(DiskState.Failed));
        Assert.That(disk.Fault!.Code, Is.EqualTo("disk-foreign"));
    }

    [Test]
    public void A_disk_given_twice_is_refused_once()
    {
        var again = _fixture.Run(() => _fixture.Node.AddDiskAsync(_fixture.Source(0)));
        Assert.That(again.Fault!.Code, Is.EqualTo("disk-exists"));
        var alias = new DiskSource("alias", () => ValueTask.FromResult(Result<IObjectStore>.Ok(new FakeStore(_fixture.Disks[0]))));
        Assert.That(_fixture.Run(() => _fixture.Node.AddDiskAsync(alias)).Fault!.Code, Is.EqualTo("disk-twice"));
    }

    [Test]
    public void More_copies_than_disks_are_refused()
    {
        var refused = _fixture.Run(() => _fixture.Node.Volumes.CreateAsync(
            new VolumeSpecification { Name = "v", SizeBytes = 1 << 20, Copies = 3 }));
        Assert.That(refused.Fault!.Code, Is.EqualTo("not-enough-disks"));
    }

    [Test]
    public void A_disk_that_fails_while_it_serves_costs_one_copy_and_no_request()
    {
        var volume = _fixture.CreateVolume(copies: 2);
        Assert.That(_fixture.Write(volume, 0, _fixture.Pattern(16 << 20)).IsOk);
        _fixture.Stores[0].IsBroken = true;
        var expected = _fixture.Pattern(16 << 20);
        Assert.That(_fixture.Write(volume, 0, expected).IsOk);
        AssertReads(volume, expected);
        _fixture.Stores[0].IsBroken = false;
        _fixture.Settle();
        Assert.That(_fixture.Node.Status.HealthyGroups, Is.EqualTo(_fixture.Node.Status.Groups));
        _fixture.Stores[1].IsBroken = true;
        AssertReads(volume, expected);
    }

    private void AssertReads(Volume volume, byte[] expected)
    {
        var (result, bytes) = _fixture.Read(volume, 0, expected.Length);
        Assert.That(result, Is.EqualTo(VolumeResult.Ok));
        var equal = bytes.AsSpan().CommonPrefixLength(expected);
        Assert.That(equal, Is.EqualTo(expected.Length), $"first difference at {equal}");
    }
}
