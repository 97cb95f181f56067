using Uss.Store;

namespace Uss.Volumes.Tests;

[TestFixture]
public sealed class ScrubTests
{
    private const long HourNs = 3600L * 1_000_000_000;

    private VolumeFixture _fixture = null!;

    private IEnumerable<ScrubResult> Results => _fixture.Node.DescribeScrubs().Select(scrub => scrub.Last).OfType<ScrubResult>();

    [SetUp]
    public void SetUp()
    {
        _fixture = new VolumeFixture();
        _fixture.Start();
    }

    [TearDown]
    public void TearDown() => _fixture.Dispose();

    [Test]
    public void A_scrub_by_hand_repairs_what_nobody_reads()
    {
        var volume = _fixture.CreateVolume(copies: 2);
        var expected = _fixture.Pattern(16 << 20);
        Assert.That(_fixture.Write(volume, 0, expected).IsOk);
        var rotten = Rot(0, 7);
        _fixture.Settle();
        Assert.That(Results, Is.Empty);
        Assert.That(Request(null, null), Is.EqualTo(_fixture.Node.Status.Groups));
        _fixture.Settle();
        Assert.That(Results.Sum(result => result.CopiesRead), Is.EqualTo(2 * 4096));
        Assert.That((Results.Sum(result => result.Damaged), Results.Sum(result => result.Repaired)), Is.EqualTo((rotten, rotten)));
        Assert.That(_fixture.Events.Count(change => change.Kind == NodeEventKind.ScrubFoundDamage), Is.GreaterThan(0));
        _fixture.Absent.Add(1);
        _fixture.CrashAndStart();
        Assert.That(_fixture.Read(_fixture.Node.Volumes.Find("v")!, 0, expected.Length).Bytes.AsSpan().SequenceEqual(expected));
    }

    [Test]
    public void One_copy_is_verified_and_damage_is_told_by_volume_and_place()
    {
        var volume = _fixture.CreateVolume();
        Assert.That(_fixture.Write(volume, 5 << 20, _fixture.Pattern(1 << 20)).IsOk);
        var (id, found) = _fixture.Disks.SelectMany(disk => disk.Objects).Single();
        found.Blocks[300].Data![9] ^= 1;
        found.Blocks[301].Data![9] ^= 1;
        Request(null, null);
        _fixture.Settle();
        var lost = _fixture.Node.DescribeScrubs().SelectMany(scrub => scrub.Lost).ToList();
        Assert.That(lost, Is.EqualTo([new LostVolumeRange("v", (id.Index * (long)StoreUnits.ObjectBytes) + (300 * 4096), 8192)]));
        Assert.That(Results.Sum(result => result.Unrepairable), Is.EqualTo(2));
    }

    [Test]
    public void One_group_can_be_asked_for_and_wrong_names_are_refused()
    {
        _fixture.CreateVolume(copies: 2);
        Assert.That(Request("copies-2", 3), Is.EqualTo(1));
        _fixture.Settle();
        Assert.That(Results.Select(result => (result.Group, result.Request)), Is.EqualTo([(3, 1L)]));
        Assert.That(_fixture.Run(() => _fixture.Node.RequestScrubAsync("nowhere", null)).Fault!.Code, Is.EqualTo("pool-not-found"));
        Assert.That(_fixture.Run(() => _fixture.Node.RequestScrubAsync("copies-2", 100_000)).Fault!.Code, Is.EqualTo("group-not-found"));
        Assert.That(_fixture.Run(() => _fixture.Node.RequestScrubAsync(null, 1)).Fault!.Code, Is.EqualTo("group-not-found"));
    }

    [Test]
    public void Groups_are_scrubbed_once_a_week_over_restarts_with_few_commits()
    {
        _fixture.CreateVolume(copies: 2);
        var groups = _fixture.Node.Status.Groups;
        _fixture.Settle(HourNs / 2);
        Assert.That(Results, Is.Empty, "not right after a start");
        var before = _fixture.State.Revision;
        _fixture.Settle(HourNs);
        Assert.That(Results.Count(), Is.EqualTo(groups));
        Assert.That(_fixture.State.Revision - before, Is.LessThan(10));
        var first = Results.Select(result => result.EndedAt).ToList();
        _fixture.StopAndStart();
        Assert.That(Results.Select(result => result.EndedAt), Is.EqualTo(first));
        _fixture.Settle(24 * HourNs);
        Assert.That(Results.Select(result => result.EndedAt), Is.EqualTo(first));
        _fixture.Settle(6 * 24 * HourNs);
        Assert.That(Results.Select(result => result.EndedAt).Min(), Is.GreaterThan(first.Max()));
    }

    [Test]
    public void A_request_outlasts_a_restart()
    {
        _fixture.CreateVolume(copies: 2);
        Request(null, null);
        _fixture.CrashAndStart();
        _fixture.Settle();
        Assert.That(Results.Count(), Is.EqualTo(_fixture.Node.Status.Groups));
        var ended = Results.Select(result => result.EndedAt).ToList();
        _fixture.CrashAndStart();
        _fixture.Settle();
        Assert.That(Results.Select(result => result.EndedAt), Is.EqualTo(ended), "once is enough");
    }

    private int Request(string? pool, int? group)
    {
        var requested = _fixture.Run(() => _fixture.Node.RequestScrubAsync(pool, group));
        Assert.That(requested.Fault, Is.Null);
        return requested.Value;
    }

    private int Rot(int disk, int step)
    {
        var rotten = 0;
        foreach (var (id, found) in _fixture.Disks[disk].Objects)
        {
            for (var block = 0; block < found.Blocks.Length; block += step)
            {
                if (found.Blocks[block].Data is null)
                    continue;
                _fixture.Disks[disk].Rot(id, block);
                rotten++;
            }
        }

        return rotten;
    }
}
