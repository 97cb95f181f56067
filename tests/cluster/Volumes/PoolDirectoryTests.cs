using Uss.Placement;

namespace Uss.Volumes.Tests;

public sealed class PoolDirectoryTests
{
    [Test]
    public void APoolIsMadeByNameAndFoundAfterARestart()
    {
        using var fixture = new VolumeFixture(disks: 3);
        fixture.Start();
        var made = fixture.Run(() => fixture.Node.CreatePoolAsync(new PoolSpecification { Name = "safe", Copies = 3, MinimumCopies = 3 }));
        Assert.That(made.Fault, Is.Null);
        var volume = fixture.Run(() => fixture.Node.Volumes.CreateAsync(
            new VolumeSpecification { Name = "v", SizeBytes = 1 << 20, Pool = "safe" }));
        Assert.That((volume.Value?.Pool, volume.Value?.Copies), Is.EqualTo(("safe", 3)));

        // A number of copies asks for the pool of that number, not for one that somebody made for a purpose.
        fixture.CreateVolume("w", copies: 3);
        fixture.StopAndStart();
        Assert.That(
            fixture.Node.Pools.Select(pool => (pool.Record.Name, pool.Record.MinCopies)), Is.EqualTo([("safe", 3), ("copies-3", 2)]));
        fixture.Stop();
    }

    [TestCase("p", 3, null, null, "too-few-domains")]
    [TestCase("p", 2, null, FailureDomain.Node, "too-few-domains")]
    [TestCase("p", 2, 3, null, "bad-policy")]
    [TestCase("p", 0, null, null, "bad-copies")]
    [TestCase("copies-2", 2, null, null, "bad-pool-name")]
    [TestCase("taken", 2, null, null, "pool-exists")]
    public void APoolThatCannotBeSaysWhy(string name, int copies, int? minimum, FailureDomain? domain, string code)
    {
        using var fixture = new VolumeFixture();
        fixture.Start();
        fixture.Run(() => fixture.Node.CreatePoolAsync(new PoolSpecification { Name = "taken", Copies = 1 }));
        var made = fixture.Run(() => fixture.Node.CreatePoolAsync(
            new PoolSpecification { Name = name, Copies = copies, MinimumCopies = minimum, FailureDomain = domain }));
        Assert.That(made.Fault?.Code, Is.EqualTo(code), made.Fault?.ToString());
        Assert.That(made.Fault!.Remedy, Is.Not.Empty);
        Assert.That(fixture.Node.Pools, Has.Count.EqualTo(1));
        fixture.Stop();
    }

    // A node that reads the new pool's groups while others start them: a change after its look must not be lost, since nobody may
    // change the group again for days.
    [Test]
    public void EveryNodeHearsOfTheGroupsOfANewPool([Range(1, 60)] int seed)
    {
        using var cluster = new ClusterFixture(3, (ulong)seed);
        cluster.Faults.MaximumDelayNs = 50_000_000;
        cluster.CreateVolume("v", 1 << 20, copies: 3);
        cluster.AwaitHealth();
    }
}
