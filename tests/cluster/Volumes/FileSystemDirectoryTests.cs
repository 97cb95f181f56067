using Uss.Coordination;
using Uss.Coordination.Simulated;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes.Tests;

/// <summary>The records of file systems: names and numbers, removal in two steps, crashes in between.</summary>
public sealed class FileSystemDirectoryTests
{
    private const long LongNs = 60_000_000_000;

    private VolumeFixture _fixture = null!;

    private FileSystemDirectory Directory => _fixture.Node.FileSystems;

    [SetUp]
    public void SetUp()
    {
        _fixture = new VolumeFixture();
        _fixture.Start();
    }

    [TearDown]
    public void TearDown() => _fixture.Dispose();

    [Test]
    public void What_is_created_is_found_and_announced_and_outlives_a_restart()
    {
        Assert.That(Create("home").Value?.Id, Is.EqualTo(1));
        var root = new RootDirectory { Mode = 0x3FF, User = 1000, Group = 100 };
        Assert.That(_fixture.Run(() => Directory.CreateAsync("scratch", 2, root: root)).Value?.Id, Is.EqualTo(2));
        Assert.That(_fixture.Events, Does.Contain(new NodeEvent(NodeEventKind.FileSystemsChanged, "home")));
        _fixture.StopAndStart();
        Assert.That(Directory.All.Select(record => (record.Name, record.Id)), Is.EqualTo(new[] { ("home", 1), ("scratch", 2) }));
        Assert.That(Directory.All.Select(record => record.Root), Is.EqualTo([RootDirectory.Default, root]));
        Assert.That(_fixture.Node.Pools.Select(pool => pool.Record.Copies), Is.EquivalentTo([1, 2]));
        Assert.That(Directory.Find("nothing"), Is.Null);
    }

    [TestCase("")]
    [TestCase("-a")]
    [TestCase("A")]
    [TestCase("a/b")]
    public void Bad_names_are_refused(string name)
    {
        Assert.That(Create(name).Fault!.Code, Is.EqualTo("bad-file-system-name"));
        Assert.That(_fixture.Node.Pools, Is.Empty, "no pool is made for what cannot be");
    }

    [Test]
    public void A_name_is_given_once_and_a_refusal_makes_no_pool()
    {
        Create("fs");
        Assert.That(Create("fs", copies: 2).Fault!.Code, Is.EqualTo("file-system-exists"));
        Assert.That(_fixture.Node.Pools, Has.Count.EqualTo(1));
        var both = _fixture.Run(async () =>
        {
            var (one, two) = (Directory.CreateAsync("w", 1), Directory.CreateAsync("w", 1));
            return new[] { (await one).IsOk, (await two).IsOk };
        });
        Assert.That(both, Is.EquivalentTo([true, false]));
        Assert.That(Create("x").Value!.Id, Is.EqualTo(3), "who was refused took no number");
    }

    [Test]
    public void An_unknown_pool_is_named() =>
        Assert.That(Create("fs", pool: "fast").Fault, Is.EqualTo(new Fault(
            "pool-not-found", "There is no pool 'fast'.", "List the pools with `uss pool ls`.")));

    [Test]
    public void A_pool_with_a_file_system_stays_until_its_record_is_gone()
    {
        _fixture.Run(() => _fixture.Node.CreatePoolAsync(new PoolSpecification { Name = "p", Copies = 1 }));
        Create("fs", pool: "p");
        Assert.That(RemovePool()!.Message, Is.EqualTo("Pool 'p' holds file system 'fs'."));
        Assert.That(Remove("fs"), Is.Null);
        Assert.That(RemovePool()!.Code, Is.EqualTo("pool-in-use"), "its contents are not given back yet");
        Assert.That(Forget("fs"));
        Assert.That(RemovePool(), Is.Null);
        Assert.That(Create("again", pool: "p").Fault!.Code, Is.EqualTo("pool-not-found"));

        Fault? RemovePool() => _fixture.Run(() => _fixture.Node.RemovePoolAsync("p"));
    }

    [Test]
    public void A_removal_outlives_a_crash_and_neither_name_nor_number_is_given_before_it_is_done()
    {
        Create("fs");
        Assert.That(Forget("fs"), "nothing to do: nobody removed it");
        Assert.That(Directory.Find("fs")!.IsRemoving, Is.False);
        Assert.That(Remove("fs"), Is.Null);
        _fixture.CrashAndStart();
        Assert.That(Directory.Find("fs")!.IsRemoving);
        Assert.That(Create("fs").Fault!.Code, Is.EqualTo("file-system-exists"));
        Assert.That(Create("fs").Fault!.Message, Does.Contain("being removed"));
        Assert.That(Remove("fs"), Is.Null, "it may be asked for again");
        Assert.That(Forget("fs"));
        _fixture.Settle();
        Assert.That(Directory.Find("fs"), Is.Null);
        Assert.That(Forget("fs"), "it may be told again");
        Assert.That(Remove("fs")!.Code, Is.EqualTo("file-system-not-found"));
        Assert.That(Create("fs").Value!.Id, Is.EqualTo(2), "a number is never given again");
    }

    [Test]
    public void A_removal_whose_condition_does_not_hold_changes_nothing()
    {
        Create("fs");
        Assert.That(Remove("fs", new Condition("exports/1", 7))!.Code, Is.EqualTo("file-system-changed"));
        Assert.That(Directory.Find("fs")!.IsRemoving, Is.False);
        Assert.That(Remove("fs", new Condition("exports/1", 0)), Is.Null);
    }

    [Test]
    public void A_renamed_one_keeps_its_number_and_frees_its_name()
    {
        Create("old");
        Create("taken");
        Assert.That(Rename("old", "taken").Fault!.Code, Is.EqualTo("file-system-exists"));
        Assert.That(Rename("old", "Bad").Fault!.Code, Is.EqualTo("bad-file-system-name"));
        Assert.That(Rename("nothing", "new").Fault!.Code, Is.EqualTo("file-system-not-found"));
        Assert.That(Rename("old", "old").Value?.Id, Is.EqualTo(1));
        var missing = 0;
        _fixture.Node.Changed += _ => missing += Directory.Find(1) is null ? 1 : 0;
        Assert.That(Rename("old", "new").Value?.Id, Is.EqualTo(1));
        Assert.That(missing, Is.Zero, "whoever looks it up by its number finds it all the time");
        Assert.That((Directory.Find("old"), Directory.Find("new")?.Id, Directory.Find(1)?.Name), Is.EqualTo(((FileSystemRecord?)null, 1, "new")));
        Assert.That(Create("old").Value!.Id, Is.EqualTo(3));
        Assert.That(Remove("new"), Is.Null);
        Assert.That(Rename("new", "newer").Fault!.Code, Is.EqualTo("file-system-not-found"));
        _fixture.CrashAndStart();
        Assert.That(Directory.Find(1)?.Name, Is.EqualTo("new"));
    }

    [Test]
    public void When_all_numbers_were_given_it_says_so()
    {
        Create("first");
        Commit(new Change(CountersRecord.Key, CoordinationJson.Write(
            new CountersRecord { NextPool = 2, NextFileSystem = SpaceId.MaximumFileSystem }, VolumesJson.Default.CountersRecord)));
        Assert.That(Create("last").Value!.Id, Is.EqualTo(SpaceId.MaximumFileSystem));
        Assert.That(Create("more").Fault!.Code, Is.EqualTo("no-file-system-number"));
    }

    [Test]
    public void A_record_that_cannot_be_read_hides_one_file_system_and_its_name_is_not_given()
    {
        Create("good");
        Commit(new Change(FileSystemRecord.KeyOf("bad"), new byte[] { (byte)'{' }));
        _fixture.CrashAndStart();
        Assert.That(Directory.All.Select(record => record.Name), Is.EqualTo(["good"]));
        Assert.That(Create("bad").Fault!.Code, Is.EqualTo("file-system-exists"));
        Assert.That(Remove("bad")!.Code, Is.EqualTo("bad-record"));
    }

    [Test]
    public void A_crash_at_any_time_leaves_a_file_system_or_none_and_no_number_twice([Range(0, 16, 2)] int afterMs)
    {
        using var cluster = StartCluster(afterMs);
        cluster.World.Start(cluster.Reactors[0], () => cluster.Nodes[0]!.FileSystems.CreateAsync("fs", 2));
        cluster.World.RunFor(afterMs * 1_000_000L);
        cluster.Kill(0);
        var again = cluster.Run(1, () => cluster.Nodes[1]!.FileSystems.CreateAsync("fs", 2));
        Assert.That(again.IsOk || again.Fault!.Code == "file-system-exists", again.Fault?.ToString());
        Assert.That(cluster.Run(2, () => cluster.Nodes[2]!.FileSystems.CreateAsync("other", 2)).Fault, Is.Null);
        cluster.Restart(0);
        Expect(cluster, "fs", "other");
    }

    [Test]
    public void A_crash_at_any_time_of_a_removal_leaves_it_begun_or_not([Range(0, 8, 2)] int afterMs)
    {
        using var cluster = StartCluster(afterMs);
        Assert.That(cluster.Run(1, () => cluster.Nodes[1]!.FileSystems.CreateAsync("fs", 2)).Fault, Is.Null);
        cluster.World.Start(cluster.Reactors[0], () => cluster.Nodes[0]!.FileSystems.RemoveAsync("fs", []));
        cluster.World.RunFor(afterMs * 1_000_000L);
        cluster.Kill(0);
        cluster.Restart(0);
        cluster.World.RunFor(LongNs);
        Expect(cluster, "fs");
        Assert.That(cluster.Nodes.Select(node => node!.FileSystems.Find("fs")!.IsRemoving).Distinct().Count(), Is.EqualTo(1));
        Assert.That(cluster.Run(2, () => cluster.Nodes[2]!.FileSystems.RemoveAsync("fs", [])), Is.Null);
        Assert.That(cluster.Run(1, () => cluster.Nodes[1]!.FileSystems.ForgetAsync(1)));
        Expect(cluster);
    }

    [Test]
    public void A_crash_at_any_time_of_a_removal_and_a_renaming_leaves_one_or_the_other([Range(0, 8, 2)] int afterMs)
    {
        using var cluster = StartCluster(afterMs);
        Assert.That(cluster.Run(1, () => cluster.Nodes[1]!.FileSystems.CreateAsync("fs", 2)).Fault, Is.Null);
        cluster.World.Start(cluster.Reactors[0], () => cluster.Nodes[0]!.FileSystems.RenameAsync("fs", "new"));
        cluster.World.Start(cluster.Reactors[2], () => cluster.Nodes[2]!.FileSystems.RemoveAsync("fs", []));
        cluster.World.RunFor(afterMs * 1_000_000L);
        cluster.Kill(0);
        cluster.Restart(0);
        cluster.World.RunFor(LongNs);
        var left = cluster.Nodes[1]!.FileSystems.All.Single();
        Assert.That((left.Id, left.Name, left.IsRemoving), Is.AnyOf((1, "fs", true), (1, "new", false)));
        Expect(cluster, left.Name);
    }

    [Test]
    public void A_node_that_slept_while_the_history_was_dropped_forgets_what_is_gone()
    {
        using var cluster = StartCluster(1);
        Assert.That(cluster.Run(1, () => cluster.Nodes[1]!.FileSystems.CreateAsync("fs", 2)).Fault, Is.Null);
        cluster.Kill(0);
        cluster.Restart(0);
        Assert.That(cluster.World.RunUntil(() => cluster.Nodes[0]?.FileSystems.Find("fs") is not null, LongNs));
        cluster.World.Freeze(cluster.Reactors[0]);
        Assert.That(cluster.Run(1, () => cluster.Nodes[1]!.FileSystems.RemoveAsync("fs", [])), Is.Null);
        Assert.That(cluster.Run(1, () => cluster.Nodes[1]!.FileSystems.ForgetAsync(1)));
        cluster.Faults.WatchGaps = 1;
        cluster.World.Thaw(cluster.Reactors[0]);
        Expect(cluster);
    }

    [Test]
    public void Who_forgets_one_late_does_not_hit_another_one_that_has_its_name()
    {
        using var cluster = StartCluster(1);
        var (late, other) = (cluster.Nodes[0]!.FileSystems, cluster.Nodes[1]!.FileSystems);
        cluster.Run(1, () => other.CreateAsync("fs", 2));
        cluster.Run(1, () => other.RemoveAsync("fs", []));
        Assert.That(cluster.World.RunUntil(() => late.Find(1) is { IsRemoving: true }, LongNs));
        cluster.World.Freeze(cluster.Reactors[0]);
        Assert.That(cluster.Run(1, () => other.ForgetAsync(1)));
        Assert.That(cluster.World.RunUntil(() => other.Find("fs") is null, LongNs));
        Assert.That(cluster.Run(1, () => other.CreateAsync("fs", 2)).Value?.Id, Is.EqualTo(2));
        Assert.That(cluster.Run(1, () => other.RemoveAsync("fs", [])), Is.Null);

        // Before the node hears of all that.
        cluster.Faults.MaximumDelayNs = 500_000_000;
        cluster.World.Thaw(cluster.Reactors[0]);
        Assert.That(cluster.Run(0, () =>
        {
            Assert.That(late.Find("fs")?.Id, Is.EqualTo(1));
            return late.ForgetAsync(1);
        }));
        cluster.Faults.MaximumDelayNs = 0;
        Expect(cluster, "fs");
    }

    [Test]
    public void Nodes_that_create_at_once_get_numbers_of_their_own_and_one_gets_the_name([Range(1, 5)] int seed)
    {
        using var cluster = StartCluster(seed);
        var results = new List<Result<FileSystemRecord>>();
        for (var node = 0; node < 3; node++)
        {
            var (files, own) = (cluster.Nodes[node]!.FileSystems, $"own{node}");
            cluster.World.Start(cluster.Reactors[node], async () =>
            {
                results.Add(await files.CreateAsync("shared", 2));
                results.Add(await files.CreateAsync(own, 1));
                return true;
            });
        }

        Assert.That(cluster.World.RunUntil(() => results.Count == 6, LongNs));
        Assert.That(results.Where(result => !result.IsOk).Select(result => result.Fault!.Code), Is.EqualTo(["file-system-exists", "file-system-exists"]));
        Assert.That(results.Where(result => result.IsOk).Select(result => result.Value!.Id), Is.EquivalentTo([1, 2, 3, 4]));
        Expect(cluster, "own0", "own1", "own2", "shared");
        Assert.That(cluster.Nodes[0]!.Pools.Count(pool => pool.Record.Copies == 2), Is.EqualTo(1));
    }

    [Test]
    public void What_the_store_does_not_answer_is_not_claimed()
    {
        using var cluster = StartCluster(1);
        Assert.That(cluster.Run(0, () => cluster.Nodes[0]!.FileSystems.CreateAsync("fs", 2)).Fault, Is.Null);
        cluster.Faults.LostAnswers = 1;
        Assert.That(cluster.Run(0, () => cluster.Nodes[0]!.FileSystems.CreateAsync("other", 2)).Fault!.Code, Is.EqualTo("coordination-unavailable"));
        Assert.That(cluster.Run(0, () => cluster.Nodes[0]!.FileSystems.RenameAsync("fs", "new")).Fault!.Code, Is.EqualTo("coordination-unavailable"));
        Assert.That(cluster.Run(0, () => cluster.Nodes[0]!.FileSystems.RemoveAsync("fs", []))!.Code, Is.EqualTo("coordination-unavailable"));
        Assert.That(cluster.Run(0, () => cluster.Nodes[0]!.FileSystems.ForgetAsync(1)), Is.True, "it is not being removed");
        cluster.Faults.LostAnswers = 0;
        Expect(cluster, "fs");
    }

    private static ClusterFixture StartCluster(int seed)
    {
        var cluster = new ClusterFixture(nodes: 3, seed: (ulong)seed + 1);
        cluster.Faults.MaximumCommitNs = 3_000_000;
        cluster.Faults.MaximumDelayNs = 1_000_000;
        return cluster;
    }

    // All nodes know the same, and a watch that had to list again does too.
    private static void Expect(ClusterFixture cluster, params string[] names)
    {
        Assert.That(cluster.World.RunUntil(() => cluster.Nodes.TrueForAll(node => node is not null), LongNs));
        cluster.Faults.WatchGaps = 0.5;
        cluster.World.RunFor(LongNs);
        foreach (var node in cluster.Nodes)
        {
            Assert.That(node!.FileSystems.All.Select(record => record.Name), Is.EqualTo(names), node.Name);
            Assert.That(node.FileSystems.All.Select(record => record.Id), Is.Unique);
        }
    }

    private Result<FileSystemRecord> Create(string name, int copies = 1, string? pool = null) =>
        _fixture.Run(() => Directory.CreateAsync(name, copies, pool));

    private Result<FileSystemRecord> Rename(string name, string newName) => _fixture.Run(() => Directory.RenameAsync(name, newName));

    private Fault? Remove(string name, params Condition[] conditions) => _fixture.Run(() => Directory.RemoveAsync(name, conditions));

    private bool Forget(string name) => _fixture.Run(() => Directory.ForgetAsync(Directory.Find(name)?.Id ?? 1));

    private void Commit(Change change) =>
        Assert.That(_fixture.Run(() => new SimulatedCoordinationStore(_fixture.State).CommitAsync([], [change])).Status, Is.EqualTo(CommitStatus.Applied));
}
