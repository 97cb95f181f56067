using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// A cluster of three machines whose etcd has three members, under load: with one member lost everything goes on, also the
/// loss of a node; with two lost a healthy cluster serves on, and the loss of a node waits until etcd is back.
/// </summary>
[TestFixture]
public sealed class EtcdQuorumTests : EndToEndTest
{
    private const int TestLimit = 300_000;
    private const int Members = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // Longer than every lease and timeout between nodes, so that what waits is seen to wait.
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(4);

    private Machines _machines = null!;

    [TearDown]
    public void End()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
            TestContext.Out.WriteLine(new ClusterHealth(Sandbox, Folder["data"]).LastWords());
        _machines.Dispose();
    }

    [Test]
    [CancelAfter(TestLimit)]
    public void Members_of_etcd_are_lost_and_returned_under_load()
    {
        Directory.CreateDirectory(Folder["data"]);
        _machines = new Machines(Sandbox, Folder["data"]);
        for (var member = 1; member <= Members; member++)
            _machines.StartEtcd(member, Members);
        _machines.Form(3, string.Join(',', Enumerable.Range(1, Members).Select(Machines.UrlOf)));
        _machines.MakeVolume();
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var load = new StampedLoad(Sandbox, () => ClusterProgram.Portals, 0, 1L << 28, seed, extentCount: 256) { CommandLimitSeconds = 20 };
        load.Start();
        load.ProgressOfEach(50, Limit);
        load.TakeLongestWait();

        // One member of three: nothing waits for long, and a node may be lost and return.
        Suffer(load, "member 1 killed", () => _machines.KillEtcd(1));
        Suffer(load, "node 3 killed", () => _machines.KillNode(3));
        Suffer(load, "node 3 started", () => _machines.StartNode(3));
        new ClusterHealth(Sandbox, Folder["data"]).Await(Limit);

        // Two members: no quorum. Who is healthy serves on and says what is wrong.
        Suffer(load, "member 2 killed", () => _machines.KillEtcd(2));
        Thread.Sleep(LongEnough);
        Suffer(load, "4 s without a quorum", () => { });
        var health = _machines.Uss("health", "--data", _machines.DataOf(1));
        Assert.That(health.ExitCode, Is.EqualTo(1), health.Output);
        Assert.That(health.Output, Does.Contain("coordination-away"));
        var refused = _machines.Uss("volume", "create", "v2", "--size", "1G", "--data", _machines.DataOf(1));
        Assert.That(refused.ExitCode, Is.Not.Zero, "nothing can be changed");

        // What needs a new epoch waits, and goes on when a member is back.
        _machines.KillNode(3);
        Thread.Sleep(TimeSpan.FromSeconds(1));
        var acknowledged = load.AcknowledgedWrites;
        Thread.Sleep(LongEnough);
        Assert.That(load.AcknowledgedWrites, Is.EqualTo(acknowledged), "acknowledged without all members of the epoch");
        Suffer(load, "node 3 killed without a quorum, then member 1 back", () => _machines.StartEtcd(1, Members));
        _machines.StartEtcd(2, Members);
        _machines.StartNode(3);
        new ClusterHealth(Sandbox, Folder["data"]).Await(Limit);

        load.Stop();
        foreach (var portal in ClusterProgram.Portals)
            load.Verify(portal);
        TestContext.Out.WriteLine($"{load.AcknowledgedWrites} writes acknowledged, {load.LostSessions} sessions lost");
    }

    private static void Suffer(StampedLoad load, string what, Action act)
    {
        act();
        load.ProgressOfEach(50, Limit);
        TestContext.Out.WriteLine($"{what}: longest wait {load.TakeLongestWait().TotalSeconds:F2} s");
    }
}
