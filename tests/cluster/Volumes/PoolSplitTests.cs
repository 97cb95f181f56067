using Uss.Replication;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Store;

namespace Uss.Volumes.Tests;

/// <summary>The groups of a pool are split in two while clients work and while things fail.</summary>
[TestFixture]
public sealed class PoolSplitTests
{
    private const int Groups = 4;
    private const int Length = 48 << 20;
    private const int PieceBytes = 64 << 10;

    [Test]
    public void Groups_are_split_under_writes_and_no_data_moves()
    {
        using var cluster = new TopologyFixture(3, Groups);
        var expected = Create(cluster);
        var copied = Copied(cluster);
        var writers = Writers(cluster, expected);
        for (var groups = 2 * Groups; groups <= 8 * Groups; groups *= 2)
        {
            Split(cluster, cluster.Members[1]);
            cluster.Await(() => IsSplit(cluster, groups), "all nodes know that all groups are split");
            cluster.World.RunFor(100_000_000);
        }

        Stop(cluster, writers);
        Assert.That(Copied(cluster), Is.EqualTo(copied), "blocks copied");
        cluster.Await(() => cluster.IsSettled(3), "all groups have their copies");
        Check(cluster, expected);
    }

    [Test]
    public void A_member_that_was_away_gets_what_changed_before_and_after_the_split()
    {
        using var cluster = new TopologyFixture(3, Groups);
        var expected = Create(cluster);
        var away = cluster.Members[2];
        cluster.Kill(away);
        cluster.World.RunFor(3_000_000_000);
        var changed = Change(cluster, cluster.Members[0], expected, 1);
        Split(cluster, cluster.Members[1]);
        cluster.Await(() => IsSplit(cluster, 2 * Groups), "all groups are split without it");
        changed += Change(cluster, cluster.Members[1], expected, 2);
        var copied = Copied(cluster);
        cluster.Start(away);
        cluster.Await(() => IsSplit(cluster, 2 * Groups) && cluster.IsSettled(3), "it is back");
        Assert.That(Copied(cluster) - copied, Is.InRange(changed, changed * 11 / 10), "blocks copied");
        cluster.Kill(cluster.Members[0]);
        cluster.World.RunFor(3_000_000_000);
        Assert.That(cluster.Read(away, Length).AsSpan().SequenceEqual(expected), "what the others serve");
    }

    [Test]
    public void A_primary_that_dies_before_its_commit_leaves_the_split_to_its_successor()
    {
        using var cluster = new TopologyFixture(3, Groups);
        var expected = Create(cluster);
        var victim = cluster.Members[0];
        victim.Coordination.MaximumCommitNs = 1_000_000_000_000;
        Split(cluster, cluster.Members[1]);
        cluster.Await(() => victim.Node!.Pools.First().Record.Groups == 2 * Groups, "it has heard of it");
        cluster.World.RunFor(1_000_000_000);
        var waiting = victim.Node!.Pools.First().Groups.Count(group => group.State == GroupState.Active && group.Groups == Groups);
        Assert.That(waiting, Is.GreaterThan(0));
        cluster.Kill(victim);
        Recover(cluster, victim, expected);
    }

    [Test]
    public void A_primary_that_dies_after_its_commit_leaves_two_groups([Values(0, 1, 5, 20)] int afterMs)
    {
        using var cluster = new TopologyFixture(3, Groups);
        var expected = Create(cluster);
        var victim = cluster.Members[0];
        Split(cluster, cluster.Members[1]);
        cluster.Await(
            () => cluster.Members[1].Node!.Pools.First().Groups
                .Any(group => group.Id.Index >= Groups && victim.Owns(group.Record!.Primary)),
            "another node has heard of one of its halves");
        cluster.World.RunFor(afterMs * 1_000_000L);
        cluster.Kill(victim);
        Recover(cluster, victim, expected);
    }

    [Test]
    public void A_node_that_hears_of_everything_late_goes_on_serving()
    {
        using var cluster = new TopologyFixture(3, Groups);
        var expected = Create(cluster);
        var late = cluster.Members[2];
        var writers = Writers(cluster, expected);
        for (var groups = 2 * Groups; groups <= 4 * Groups; groups *= 2)
        {
            late.Coordination.MaximumDelayNs = 400_000_000;
            late.Coordination.WatchGaps = 0.3;
            Split(cluster, cluster.Members[0]);
            cluster.Await(() => IsSplit(cluster, groups), "all nodes know that all groups are split");
        }

        late.Coordination.MaximumDelayNs = 0;
        late.Coordination.WatchGaps = 0;
        Stop(cluster, writers);
        cluster.Await(() => cluster.IsSettled(3), "all groups have their copies");
        Check(cluster, expected);
    }

    [Test]
    public void Changes_do_not_wait_for_a_coordination_store_that_is_away()
    {
        using var cluster = new TopologyFixture(3, Groups);
        var expected = Create(cluster);
        foreach (var member in cluster.Members)
            member.Coordination.MaximumCommitNs = 1_000_000_000;
        cluster.World.Start(cluster.Members[1].Reactor, () => cluster.Members[1].Node!.SplitPoolAsync(1));
        cluster.Await(() => cluster.Members.TrueForAll(member => member.Node!.Pools.First().Record.Groups == 2 * Groups), "all have heard");
        cluster.Members.ForEach(member => member.Coordination.IsDown = true);
        cluster.World.RunFor(1_500_000_000);
        Change(cluster, cluster.Members[2], expected, 3);
        cluster.Members.ForEach(member => (member.Coordination.IsDown, member.Coordination.MaximumCommitNs) = (false, 0));
        cluster.Await(() => IsSplit(cluster, 2 * Groups) && cluster.IsSettled(3), "the split goes on");
        Check(cluster, expected);
    }

    [Test]
    public void A_pool_that_gets_disks_is_split_one_doubling_at_a_time_and_evens_out()
    {
        using var cluster = new TopologyFixture(3, Groups, splitBelowCopies: 4, racks: []);
        var expected = Create(cluster);
        Assert.That(cluster.Members[0].Node!.Pools.First().Record.Groups, Is.EqualTo(Groups), "12 copies on 3 disks are enough");
        var told = 0;
        cluster.Members[0].Node!.Changed += change => told += change.Kind == NodeEventKind.PoolSplit ? 1 : 0;
        var added = cluster.AddNode();
        added.Disks.AddRange(Enumerable.Range(0, 4).Select(_ => cluster.NewDisk()));
        cluster.Start(added);
        var widest = 0;
        cluster.Await(
            () =>
            {
                var pool = cluster.Members[0].Node!.Pools.First();
                widest = Math.Max(widest, pool.Record.Groups / pool.Groups.Min(group => group.Groups));
                return added.Node is not null && IsSplit(cluster, 4 * Groups) && cluster.IsSettled(3) && cluster.CopiesOn(added) == 16;
            },
            "32 copies are too few for 8 disks, 48 are not; the new node, of four, can have one of each group");
        Assert.That(widest, Is.EqualTo(2), "a group waits for one doubling at most");
        Assert.That(told, Is.EqualTo(2), "events");
        Check(cluster, expected);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_node_that_is_alone_splits_its_pool_when_it_gets_a_disk(bool isKilled)
    {
        using var fixture = new VolumeFixture();
        fixture.Start();
        var volume = fixture.CreateVolume(sizeBytes: Length);
        var expected = fixture.Pattern(Length);
        for (var at = 0; at < Length; at += 1 << 20)
            Assert.That(fixture.Write(volume, at, expected[at..(at + (1 << 20))]).IsOk);
        var groups = fixture.Node.Pools.Single().Record.Groups;
        fixture.Disks.Add(new Replication.Tests.Support.FakeDisk(new Guid(3, 0, 0, new byte[8])));
        fixture.Stores.Add(null!);
        var writing = fixture.World.Start(fixture.Reactor, () => WriteAsync(volume, expected, 0, Length, () => isKilled || !IsSplit()));
        var adding = fixture.World.Start(fixture.Reactor, () => fixture.Node.AddDiskAsync(fixture.Source(2)));
        bool IsSplit() => fixture.Node.Pools.Single() is { IsSplitting: false } pool && pool.Record.Groups == 2 * groups;
        if (isKilled)
        {
            bool IsHalfway() => fixture.Node.Pools.Single() is { IsSplitting: true } pool && pool.Groups.Count > groups;
            Assert.That(fixture.World.RunUntil(IsHalfway, 60_000_000_000));
            fixture.CrashAndStart();
            Assert.That(fixture.World.RunUntil(IsSplit, 60_000_000_000), "the split goes on");
            volume = fixture.Node.Volumes.Find("v")!;
        }
        else
        {
            Assert.That(fixture.World.RunUntil(() => adding.IsDone && IsSplit() && writing.IsDone, 60_000_000_000), "the split is done");
            Assert.That(writing.Result, Is.GreaterThan(0), "pieces written meanwhile");
            for (var at = 0; at < Length; at += 1 << 20)
                Assert.That(fixture.Read(volume, at, 1 << 20).Bytes.AsSpan().SequenceEqual(expected.AsSpan(at, 1 << 20)), $"at {at}");
        }

        fixture.Settle();
        Assert.That(fixture.Node.Status.HealthyGroups, Is.EqualTo(2 * groups));
        fixture.StopAndStart();
        Assert.That(fixture.Node.Pools.Single().Groups, Has.Count.EqualTo(2 * groups));
    }

    private static byte[] Create(TopologyFixture cluster)
    {
        var expected = cluster.CreateVolume(3, Length);
        cluster.Await(() => cluster.IsSettled(3), "preferred primaries lead");
        return expected;
    }

    private static void Split(TopologyFixture cluster, TopologyFixture.Member member) =>
        Assert.That(cluster.Run(member, node => node.SplitPoolAsync(1)), Is.Null);

    private static bool IsSplit(TopologyFixture cluster, int groups) => cluster.Members.Where(member => member.Node is not null)
        .All(member => member.Node!.Pools.First() is { IsSplitting: false } pool && pool.Record.Groups == groups);

    private static long Copied(TopologyFixture cluster) => cluster.Members.Sum(member => member.Node?.Counters.BlocksResynced ?? 0);

    // One block of every second object; returns how many.
    private static long Change(TopologyFixture cluster, TopologyFixture.Member member, byte[] expected, byte fill)
    {
        var changed = 0;
        for (var at = fill * StoreUnits.BlockBytes; at < Length; at += StoreUnits.ObjectBytes)
        {
            expected.AsSpan(at, StoreUnits.BlockBytes).Fill(fill);
            cluster.Write(member, at, expected[at..(at + StoreUnits.BlockBytes)]);
            changed++;
        }

        return changed;
    }

    private static void Recover(TopologyFixture cluster, TopologyFixture.Member victim, byte[] expected)
    {
        cluster.Await(() => IsSplit(cluster, 2 * Groups), "the others have split all groups");
        Change(cluster, cluster.Members[1], expected, 4);
        Assert.That(cluster.Read(cluster.Members[2], Length).AsSpan().SequenceEqual(expected), "what the others serve");
        victim.Coordination.MaximumCommitNs = 0;
        cluster.Start(victim);
        cluster.Await(() => victim.Node is not null && IsSplit(cluster, 2 * Groups) && cluster.IsSettled(3), "it is back");
        Check(cluster, expected);
    }

    private static void Check(TopologyFixture cluster, byte[] expected)
    {
        foreach (var member in cluster.Members)
            Assert.That(cluster.Read(member, Length).AsSpan().SequenceEqual(expected), $"what {member.Name} reads");
    }

    // Each node writes its part of the volume over and over, and reads it back; nothing may fail.
    private static (List<SimulatedRun<int>> Tasks, Action Stop) Writers(TopologyFixture cluster, byte[] expected)
    {
        var isStopped = false;
        var share = Length / cluster.Members.Count / PieceBytes * PieceBytes;
        var tasks = cluster.Members.Select((member, index) => cluster.World.Start(
            member.Reactor,
            () => WriteAsync(member.Node!.Volumes.Find("v")!, expected, index * share, share, () => !isStopped))).ToList();
        cluster.World.RunFor(50_000_000);
        return (tasks, () => isStopped = true);
    }

    private static void Stop(TopologyFixture cluster, (List<SimulatedRun<int>> Tasks, Action Stop) writers)
    {
        writers.Stop();
        cluster.Await(() => writers.Tasks.TrueForAll(task => task.IsDone), "the writers come to their end");
        Assert.That(writers.Tasks.Min(task => task.Result), Is.GreaterThan(2), "pieces that each of them wrote");
    }

    private static async ValueTask<int> WriteAsync(Volume volume, byte[] expected, int first, int length, Func<bool> goesOn)
    {
        var reactor = Reactor.Current;
        var random = new SeededRandom((ulong)first + 1);
        var buffer = reactor.Buffers.Rent(PieceBytes);
        var piece = buffer.Slice(0, PieceBytes);
        var pieces = 0;
        for (; goesOn(); pieces++)
        {
            var at = first + (random.Next(length / PieceBytes) * PieceBytes);
            random.Fill(piece.Span);
            var written = await volume.WriteAsync(at, piece);
            Assert.That(written.IsOk, $"write at {at}: {written}");
            piece.Span.CopyTo(expected.AsSpan(at));
            piece.Span.Clear();
            var read = await volume.ReadAsync(at, piece);
            Assert.That(read.IsOk, $"read at {at}: {read}");
            Assert.That(piece.Span.SequenceEqual(expected.AsSpan(at, PieceBytes)), $"read at {at}");
            await reactor.DelayAsync(random.Next(1_000_000));
        }

        buffer.Release();
        return pieces;
    }
}
