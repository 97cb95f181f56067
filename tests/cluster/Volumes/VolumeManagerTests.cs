using Uss.Coordination;
using Uss.Coordination.Simulated;
using Uss.Runtime;

namespace Uss.Volumes.Tests;

[TestFixture]
public sealed class VolumeManagerTests
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

    [TestCase("a")]
    [TestCase("0")]
    [TestCase("db-1_x.y")]
    public void Good_names_are_taken(string name) => Assert.That(Create(name).IsOk);

    [TestCase("")]
    [TestCase("-a")]
    [TestCase(".a")]
    [TestCase("A")]
    [TestCase("a b")]
    [TestCase("a/b")]
    [TestCase("ä")]
    public void Bad_names_are_refused(string name) => Assert.That(Create(name).Fault!.Code, Is.EqualTo("bad-volume-name"));

    [Test]
    public void Names_have_63_letters_at_most()
    {
        Assert.That(Create(new string('a', 63)).IsOk);
        Assert.That(Create(new string('a', 64)).Fault!.Code, Is.EqualTo("bad-volume-name"));
    }

    [TestCase(0)]
    [TestCase(-4096)]
    [TestCase(4096)]
    [TestCase((1 << 20) + 512)]
    [TestCase(long.MaxValue)]
    public void Bad_sizes_are_refused(long size) => Assert.That(Create("v", size).Fault!.Code, Is.EqualTo("bad-volume-size"));

    [Test]
    public void The_largest_volume_is_usable_to_its_end()
    {
        Assert.That(Create("v", VolumeRules.MaximumBytes).IsOk);
        var volume = _fixture.Node.Volumes.Find("v")!;
        var bytes = _fixture.Pattern(4096);
        Assert.That(_fixture.Write(volume, VolumeRules.MaximumBytes - 4096, bytes).IsOk);
        Assert.That(_fixture.Read(volume, VolumeRules.MaximumBytes - 4096, 4096).Bytes.AsSpan().SequenceEqual(bytes));
    }

    [Test]
    public void A_name_is_given_once()
    {
        Assert.That(Create("v").IsOk);
        Assert.That(Create("v").Fault!.Code, Is.EqualTo("volume-exists"));
        var both = _fixture.Run(async () =>
        {
            var specification = new VolumeSpecification { Name = "w", SizeBytes = 1 << 20 };
            var one = _fixture.Node.Volumes.CreateAsync(specification);
            var two = _fixture.Node.Volumes.CreateAsync(specification);
            return new[] { (await one).IsOk, (await two).IsOk };
        });
        Assert.That(both, Is.EquivalentTo([true, false]));
    }

    [Test]
    public void Volumes_created_at_once_have_spaces_of_their_own()
    {
        _fixture.Run(async () =>
        {
            var creating = Enumerable.Range(0, 10).Select(i => _fixture.Node.Volumes.CreateAsync(new VolumeSpecification
            {
                Name = string.Create(null, $"v{i}"),
                SizeBytes = 1 << 20,
                Copies = 1 + (i % 2),
            })).ToList();
            foreach (var create in creating)
                Assert.That((await create).Fault, Is.Null);
        });
        Assert.That(_fixture.Node.Volumes.All.Select(volume => volume.Space), Is.Unique);
        Assert.That(_fixture.Node.Volumes.All.Select(volume => volume.Id), Is.Unique);
        Assert.That(_fixture.Node.Pools, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_removed_volume_refuses_operations_and_its_name_starts_afresh()
    {
        var volume = _fixture.CreateVolume();
        Assert.That(_fixture.Write(volume, 0, _fixture.Pattern(4096)).IsOk);
        Assert.That(_fixture.Run(() => _fixture.Node.Volumes.RemoveAsync("v")), Is.Null);
        Assert.That(_fixture.Read(volume, 0, 4096).Result.Status, Is.EqualTo(VolumeStatus.Removed));
        Assert.That(_fixture.Node.Volumes.Find("v"), Is.Null);
        Assert.That(_fixture.Run(() => _fixture.Node.Volumes.RemoveAsync("v"))!.Code, Is.EqualTo("volume-missing"));
        var again = _fixture.CreateVolume();
        Assert.That(again.Id, Is.Not.EqualTo(volume.Id));
        Assert.That(_fixture.Read(again, 0, 4096).Bytes, Is.All.Zero);
    }

    [Test]
    public void A_removed_volume_takes_its_reservations_along_and_none_are_noted_for_it_later()
    {
        var (gone, kept) = (_fixture.CreateVolume().Id, _fixture.CreateVolume("w").Id);
        foreach (var id in new[] { gone, kept })
            Assert.That(Note(id, _fixture.Run(() => _fixture.Node.Volumes.ConditionAsync(id))), Is.EqualTo(CommitStatus.Applied));
        var before = _fixture.Run(() => _fixture.Node.Volumes.ConditionAsync(gone));
        Assert.That(_fixture.Run(() => _fixture.Node.Volumes.RemoveAsync("v")), Is.Null);
        Assert.That(Note(gone, before), Is.EqualTo(CommitStatus.Conflict));
        Assert.That(_fixture.Run(() => _fixture.Node.Volumes.ConditionAsync(gone)), Is.Null);
        var left = _fixture.Run(() => new SimulatedCoordinationStore(_fixture.State).ListAsync(VolumeRecord.ReservationPrefix));
        Assert.That(left.Entries.Select(entry => entry.Key), Is.EqualTo([VolumeRecord.ReservationKeyOf(kept)]));

        CommitStatus Note(VolumeId id, Condition? exists) => _fixture.Run(() => new SimulatedCoordinationStore(_fixture.State).CommitAsync(
            [exists!.Value], [new Change(VolumeRecord.ReservationKeyOf(id), "{}"u8.ToArray())])).Status;
    }

    [Test]
    public void Growing_takes_effect_at_once_and_lasts()
    {
        var volume = _fixture.CreateVolume(sizeBytes: 4 << 20);
        Assert.That(_fixture.Run(() => _fixture.Node.Volumes.ResizeAsync("v", 16 << 20)).IsOk);
        Assert.That(volume.SizeBytes, Is.EqualTo(16 << 20));
        Assert.That(_fixture.Write(volume, 12 << 20, _fixture.Pattern(4096)).IsOk);
        _fixture.CrashAndStart();
        Assert.That(_fixture.Node.Volumes.Find("v")!.SizeBytes, Is.EqualTo(16 << 20));
        Assert.That(_fixture.Events, Does.Contain(new NodeEvent(NodeEventKind.VolumeChanged, "v")));
    }

    [Test]
    public void Shrinking_must_be_forced_and_what_lay_beyond_never_comes_back()
    {
        var volume = _fixture.CreateVolume(sizeBytes: 32 << 20);
        Assert.That(_fixture.Write(volume, 8 << 20, _fixture.Pattern(8 << 20)).IsOk);
        var refused = _fixture.Run(() => _fixture.Node.Volumes.ResizeAsync("v", 10 << 20));
        Assert.That(refused.Fault!.Code, Is.EqualTo("shrink-needs-force"));
        Assert.That(_fixture.Run(() => _fixture.Node.Volumes.ResizeAsync("v", 10 << 20, force: true)).IsOk);
        Assert.That(_fixture.Read(volume, 10 << 20, 4096).Result.Status, Is.EqualTo(VolumeStatus.OutOfRange));
        Assert.That(_fixture.Run(() => _fixture.Node.Volumes.ResizeAsync("v", 32 << 20)).IsOk);
        Assert.That(_fixture.Read(volume, 10 << 20, 6 << 20).Bytes.AsSpan().ContainsAnyExcept((byte)0), Is.False);
        Assert.That(_fixture.Read(volume, 8 << 20, 4096).Bytes.AsSpan().ContainsAnyExcept((byte)0));
        Assert.That(_fixture.Node.Volumes.Describe("v")!.UsedBytes, Is.EqualTo(2 << 20));
    }

    [Test]
    public void A_crash_between_shrinking_and_discarding_does_not_bring_data_back()
    {
        var volume = _fixture.CreateVolume(sizeBytes: 32 << 20);
        Assert.That(_fixture.Write(volume, 8 << 20, _fixture.Pattern(8 << 20)).IsOk);
        _fixture.World.Start(_fixture.Reactor, () => _fixture.Node.Volumes.ResizeAsync("v", 10 << 20, force: true));
        Assert.That(_fixture.World.RunUntil(() => volume.SizeBytes == 10 << 20, 1_000_000_000));
        _fixture.CrashAndStart();
        volume = _fixture.Node.Volumes.Find("v")!;
        Assert.That(volume.SizeBytes, Is.EqualTo(10 << 20));
        Assert.That(_fixture.Run(() => _fixture.Node.Volumes.ResizeAsync("v", 32 << 20)).IsOk);
        Assert.That(_fixture.Read(volume, 10 << 20, 6 << 20).Bytes.AsSpan().ContainsAnyExcept((byte)0), Is.False);
    }

    [Test]
    public void Usage_counts_blocks_once_whatever_the_copies()
    {
        var mirrored = _fixture.CreateVolume("mirrored", copies: 2);
        var single = _fixture.CreateVolume("single");
        Assert.That(_fixture.Write(mirrored, 0, _fixture.Pattern(6 << 20)).IsOk);
        Assert.That(_fixture.Write(single, 4096, _fixture.Pattern(8192)).IsOk);
        Assert.That(_fixture.Node.Volumes.List().Select(volume => (volume.Name, volume.UsedBytes, volume.Copies)),
            Is.EqualTo(new[] { ("mirrored", 6L << 20, 2), ("single", 8192L, 1) }));
    }

    [Test]
    public void A_record_that_cannot_be_read_hides_one_volume_and_no_other()
    {
        _fixture.CreateVolume("good");
        _fixture.Run(() => new SimulatedCoordinationStore(_fixture.State).CommitAsync(
            [], [new Change("volumes/bad", new byte[] { (byte)'{' })]));
        _fixture.CrashAndStart();
        Assert.That(_fixture.Node.Volumes.Find("good"), Is.Not.Null);
        Assert.That(_fixture.Node.Volumes.Broken["bad"].Code, Is.EqualTo("bad-record"));
        Assert.That(Create("bad").Fault!.Code, Is.EqualTo("volume-exists"));
    }

    [Test]
    public void A_full_disk_ends_writes_and_nothing_else()
    {
        foreach (var disk in _fixture.Disks)
            disk.DataBytes = 2 << 20;
        var volume = _fixture.CreateVolume();
        var results = Enumerable.Range(0, 12).Select(i => _fixture.Write(volume, (long)i << 22, _fixture.Pattern(1 << 20)).Status).ToList();
        Assert.That(results, Does.Contain(VolumeStatus.Ok));
        Assert.That(results, Does.Contain(VolumeStatus.NoSpace));
        Assert.That(_fixture.Read(volume, 0, 1 << 20).Result.IsOk);
        Assert.That(_fixture.Run(() => volume.DiscardAsync(0, volume.SizeBytes)).IsOk);
        Assert.That(_fixture.Write(volume, 0, _fixture.Pattern(1 << 20)).IsOk);
    }

    private Result<VolumeDescription> Create(string name, long sizeBytes = 1 << 20) =>
        _fixture.Run(() => _fixture.Node.Volumes.CreateAsync(new VolumeSpecification { Name = name, SizeBytes = sizeBytes }));
}
