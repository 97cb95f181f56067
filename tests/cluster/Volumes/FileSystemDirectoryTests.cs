using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes.Tests;

/// <summary>Records of file systems, made and removed on several nodes.</summary>
[TestFixture]
public sealed class FileSystemDirectoryTests
{
    private const long SecondNs = 1_000_000_000;

    [Test]
    public void What_one_node_creates_all_know([Range(1, 3)] int seed)
    {
        using var cluster = new ClusterFixture(2, (ulong)seed);
        var events = new List<string>();
        cluster.Nodes[1]!.Changed += change =>
        {
            if (change.Kind == NodeEventKind.FileSystemsChanged)
                events.Add(change.Subject);
        };
        var created = Create(cluster, 0, "home");
        Assert.That(created.Fault, Is.Null);
        Assert.That(cluster.Nodes[0]!.FileSystems.Find("home"), Is.EqualTo(created.Value), "it is there when the call completes");
        Await(cluster, () => cluster.Nodes[1]!.FileSystems.Find("home") == created.Value);
        Assert.That(events, Is.EqualTo(["home"]));
        Assert.That(Create(cluster, 1, "home").Fault?.Code, Is.EqualTo("file-system-exists"));
    }

    [Test]
    public void Of_two_nodes_that_create_one_name_at_once_one_does([Range(1, 8)] int seed)
    {
        using var cluster = new ClusterFixture(2, (ulong)seed);
        var results = new List<Result<FileSystemRecord>>();
        for (var node = 0; node < 2; node++)
        {
            var directory = cluster.Nodes[node]!.FileSystems;
            cluster.World.Start(cluster.Reactors[node], async () =>
            {
                results.Add(await directory.CreateAsync("home", 2));
                return true;
            });
        }

        Await(cluster, () => results.Count == 2);
        Assert.That(results.Count(result => result.IsOk), Is.EqualTo(1));
        Assert.That(results.Single(result => !result.IsOk).Fault!.Code, Is.EqualTo("file-system-exists"));
        Await(cluster, () => cluster.Nodes.TrueForAll(node => node!.FileSystems.All.Count == 1));
    }

    [Test]
    public void Two_nodes_that_create_two_names_at_once_give_two_numbers([Range(1, 8)] int seed)
    {
        using var cluster = new ClusterFixture(2, (ulong)seed);
        var results = new List<Result<FileSystemRecord>>();
        for (var node = 0; node < 2; node++)
        {
            var (directory, name) = (cluster.Nodes[node]!.FileSystems, $"home{node}");
            cluster.World.Start(cluster.Reactors[node], async () =>
            {
                results.Add(await directory.CreateAsync(name, 2));
                return true;
            });
        }

        Await(cluster, () => results.Count == 2);
        Assert.That(results.Select(result => result.Value!.Id), Is.EquivalentTo([1, 2]));
        Await(cluster, () => cluster.Nodes.TrueForAll(node => node!.FileSystems.All.Count == 2));
    }

    [Test]
    public void A_number_is_never_given_again()
    {
        using var cluster = new ClusterFixture(2);
        var first = Create(cluster, 0, "home").Value!;
        Assert.That(Remove(cluster, 1, "home"), Is.Null);
        Assert.That(cluster.Nodes[1]!.FileSystems.Find("home")!.IsRemoving);
        Assert.That(Create(cluster, 0, "home").Fault?.Code, Is.EqualTo("file-system-exists"), "it is not gone yet");
        Assert.That(cluster.Run(0, () => cluster.Nodes[0]!.FileSystems.ForgetAsync("home")));
        Await(cluster, () => cluster.Nodes.TrueForAll(node => node!.FileSystems.Find("home") is null));
        Assert.That(Create(cluster, 1, "home").Value!.Id, Is.GreaterThan(first.Id));
    }

    [Test]
    public void What_is_not_being_removed_is_not_forgotten()
    {
        using var cluster = new ClusterFixture(2);
        Create(cluster, 0, "home");
        Assert.That(cluster.Run(0, () => cluster.Nodes[0]!.FileSystems.ForgetAsync("home")));
        Assert.That(cluster.Nodes[0]!.FileSystems.Find("home"), Is.Not.Null);
    }

    [Test]
    public void It_is_removed_only_while_what_was_found_still_holds()
    {
        using var cluster = new ClusterFixture(2);
        Create(cluster, 0, "home");
        var used = cluster.Run(0, () => cluster.Coordination.CommitAsync([], [new Change("used", "{}"u8.ToArray())]));
        Assert.That(used.Status, Is.EqualTo(CommitStatus.Applied));
        Assert.That(Remove(cluster, 0, "home", new Condition("used", 0))?.Code, Is.EqualTo("file-system-changed"));
        Assert.That(cluster.Nodes[0]!.FileSystems.Find("home")!.IsRemoving, Is.False);
        Assert.That(Remove(cluster, 0, "nothing")?.Code, Is.EqualTo("file-system-not-found"));
    }

    [Test]
    public void A_pool_that_holds_one_stays()
    {
        using var cluster = new ClusterFixture(2);
        var pool = cluster.Run(0, () => cluster.Nodes[0]!.CreatePoolAsync(new PoolSpecification { Name = "files", Copies = 2 }));
        Assert.That(pool.Fault, Is.Null);
        var created = cluster.Run(0, () => cluster.Nodes[0]!.FileSystems.CreateAsync("home", 1, "files"));
        Assert.That(created.Value?.Pool, Is.EqualTo(pool.Value!.Record.Id));
        Await(cluster, () => cluster.Nodes[1]!.Pools.Any(known => known.Record.Name == "files"));
        var refused = cluster.Run(1, () => cluster.Nodes[1]!.RemovePoolAsync("files"));
        Assert.That(refused?.Code, Is.EqualTo("pool-in-use"));
        Assert.That(refused!.ToString(), Does.Contain("home"));
        Assert.That(Remove(cluster, 0, "home"), Is.Null);
        Assert.That(cluster.Run(1, () => cluster.Nodes[1]!.RemovePoolAsync("files"))?.Code, Is.EqualTo("pool-in-use"), "its contents are there yet");
        Assert.That(cluster.Run(0, () => cluster.Nodes[0]!.FileSystems.ForgetAsync("home")));
        Assert.That(cluster.Run(1, () => cluster.Nodes[1]!.RemovePoolAsync("files")), Is.Null);
    }

    [TestCase("Home", null, "bad-file-system-name")]
    [TestCase("a/b", null, "bad-file-system-name")]
    [TestCase("", null, "bad-file-system-name")]
    [TestCase("home", "nothing", "pool-not-found")]
    public void What_cannot_be_is_refused(string name, string? pool, string code)
    {
        using var cluster = new ClusterFixture(2);
        var refused = cluster.Run(0, () => cluster.Nodes[0]!.FileSystems.CreateAsync(name, 2, pool)).Fault;
        Assert.That(refused?.Code, Is.EqualTo(code));
        Assert.That(refused!.Remedy, Is.Not.Empty);
    }

    private static Result<FileSystemRecord> Create(ClusterFixture cluster, int node, string name) =>
        cluster.Run(node, () => cluster.Nodes[node]!.FileSystems.CreateAsync(name, 2));

    private static Fault? Remove(ClusterFixture cluster, int node, string name, params Condition[] conditions) =>
        cluster.Run(node, () => cluster.Nodes[node]!.FileSystems.RemoveAsync(name, conditions));

    private static void Await(ClusterFixture cluster, Func<bool> condition) =>
        Assert.That(cluster.World.RunUntil(condition, 60 * SecondNs));
}
