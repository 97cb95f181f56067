using Uss.Runtime;

namespace Uss.Volumes.Tests;

[TestFixture]
public sealed class ForcedRecoveryTests
{
    private VolumeFixture _fixture = null!;

    [TearDown]
    public void TearDown() => _fixture.Dispose();

    private IEnumerable<Replication.PlacementGroup> Groups => _fixture.Node.Pools.Single().Groups;

    private Result<ForcedRecovery> Plan(Replication.PlacementGroup group, int disk) =>
        _fixture.Run(() => _fixture.Node.PlanRecoveryAsync(group.Id, _fixture.Disks[disk].Id));

    private void Recover(int disk)
    {
        foreach (var group in Groups)
        {
            var plan = Plan(group, disk);
            Assert.That(plan.Fault, Is.Null);
            Assert.That(_fixture.Run(() => _fixture.Node.RecoverAsync(plan.Value!)), Is.Null);
        }

        _fixture.Settle(1_000_000_000);
    }

    [Test]
    public void A_stale_disk_serves_once_an_operator_says_so_and_the_old_one_is_overwritten()
    {
        _fixture = new VolumeFixture();
        _fixture.Start();
        var volume = _fixture.CreateVolume(copies: 2);
        var old = _fixture.Pattern(1 << 20);
        Assert.That(_fixture.Write(volume, 0, old).IsOk);
        _fixture.Absent.Add(1);
        _fixture.CrashAndStart();
        Assert.That(_fixture.Write(_fixture.Node.Volumes.Find("v")!, 0, _fixture.Pattern(8192)).IsOk);
        Assert.That(Plan(Groups.First(), 0).Fault!.Code, Is.EqualTo("group-serves"));

        // The disk with the newest state is gone, the old one is back.
        _fixture.Absent.Clear();
        _fixture.Absent.Add(0);
        _fixture.CrashAndStart();
        Assert.That(_fixture.Read(_fixture.Node.Volumes.Find("v")!, 0, 4096).Result.IsOk, Is.False);
        Assert.That(Plan(Groups.First(), 0).Fault!.Code, Is.EqualTo("disk-away"));
        var plans = Groups.Select(group => Plan(group, 1).Value!).ToList();
        Assert.That(plans.Select(plan => plan.IsComplete), Is.All.False);
        Assert.That(plans.Select(plan => plan.EpochsBehind), Is.All.GreaterThan(0));
        Assert.That(plans.SelectMany(plan => plan.Volumes).Sum(held => held.Blocks), Is.EqualTo(256));
        Recover(1);
        Assert.That(_fixture.Node.Volumes.Describe("v")!.Health, Is.EqualTo(VolumeHealth.Degraded));
        Assert.That(_fixture.Read(_fixture.Node.Volumes.Find("v")!, 0, old.Length).Bytes, Is.EqualTo(old));
        Assert.That(_fixture.Events, Does.Contain(new NodeEvent(NodeEventKind.GroupForced, Groups.First().Id.ToString())));

        // What the other one has beyond it does not come back.
        _fixture.Absent.Clear();
        _fixture.Settle();
        Assert.That(_fixture.Node.Volumes.Describe("v")!.Health, Is.EqualTo(VolumeHealth.Healthy));
        _fixture.Absent.Add(1);
        _fixture.CrashAndStart();
        Assert.That(_fixture.Read(_fixture.Node.Volumes.Find("v")!, 0, old.Length).Bytes, Is.EqualTo(old));
    }

    [Test]
    public void One_of_three_that_holds_everything_goes_on_alone_and_loses_nothing()
    {
        _fixture = new VolumeFixture(disks: 3);
        _fixture.Start();
        var expected = _fixture.Pattern(1 << 20);
        Assert.That(_fixture.Write(_fixture.CreateVolume(copies: 3), 0, expected).IsOk);
        _fixture.Absent.UnionWith([0, 1]);
        _fixture.CrashAndStart();
        Assert.That(_fixture.Read(_fixture.Node.Volumes.Find("v")!, 0, 4096).Result.IsOk, Is.False, "two of three are needed");
        Assert.That(Plan(Groups.First(), 2).Value!.IsComplete);
        Assert.That(Plan(Groups.First(), 2).Value!.ChangesLostAtLeast, Is.Zero);
        Recover(2);
        var volume = _fixture.Node.Volumes.Find("v")!;
        Assert.That(_fixture.Read(volume, 0, expected.Length).Bytes, Is.EqualTo(expected));
        Assert.That(_fixture.Write(volume, 0, expected[..4096]).IsOk);

        // Back to the pool's rule once enough copies are there.
        _fixture.Absent.Clear();
        _fixture.Settle();
        Assert.That(Groups.Select(group => (group.MinimumCopies, group.InSync.Count())), Is.All.EqualTo((2, 3)));
    }

    [Test]
    public void Nothing_is_recovered_by_an_old_plan()
    {
        _fixture = new VolumeFixture(disks: 3);
        _fixture.Start();
        _fixture.CreateVolume(copies: 3);
        _fixture.Absent.UnionWith([0, 1]);
        _fixture.CrashAndStart();
        var plan = Plan(Groups.First(), 2).Value!;
        var old = plan with { Epoch = plan.Epoch - 1 };
        Assert.That(_fixture.Run(() => _fixture.Node.RecoverAsync(old))!.Code, Is.EqualTo("group-changed"));
    }
}
