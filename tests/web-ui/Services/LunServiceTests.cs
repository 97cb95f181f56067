using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

public sealed class LunServiceTests : ServiceFixture
{
    [Test]
    public async Task MappingReachesTheTargetAndTheRecords()
    {
        var lun = Good(await MapAsync("v1", 7));
        Assert.Multiple(() =>
        {
            Assert.That(lun, Is.EqualTo(new LunView { Lun = 7, Volume = "v1" }));
            Assert.That(Records.Keys, Is.EqualTo(new[] { "luns/007/*" }));
            Assert.That(Node.Applied.Single().Luns.Single().Volume, Is.EqualTo("v1"));
        });
    }

    [Test]
    public async Task WithoutANumberTheLowestFreeOneIsTaken()
    {
        Good(await MapAsync("v1", 0));
        Good(await MapAsync("v1", 2, Iqn));
        Assert.That(Good(await MapAsync("v1")).Lun, Is.EqualTo(1));
        Assert.That(Good(await MapAsync("v1")).Lun, Is.EqualTo(3));
    }

    [Test]
    public async Task ALunIsShownToAllOrToNamedOnesButNeverBoth()
    {
        Good(await MapAsync("v1", 1, Iqn));
        Good(await MapAsync("demo", 1, OtherIqn));
        ExpectFault(await MapAsync("v1", 1), "lun-exists", OtherIqn);
        ExpectFault(await MapAsync("v1", 1, Iqn.ToUpperInvariant()), "lun-exists");
        Good(await MapAsync("v1", 2));
        ExpectFault(await MapAsync("v1", 2, Iqn), "lun-exists", "all initiators");
    }

    [TestCase(-1)]
    [TestCase(256)]
    public async Task NumbersOutsideTheRangeAreRefused(int lun) => ExpectFault(await MapAsync("v1", lun), "bad-lun");

    [Test]
    public async Task UnknownVolumesAndBadInitiatorsAreRefused()
    {
        ExpectFault(await MapAsync("nothing", 1), "volume-not-found", "nothing");
        ExpectFault(await MapAsync("v1", 1, "host1"), "bad-iqn", "host1");
        Assert.That(Node.Applied, Is.Empty);
    }

    [Test]
    public async Task WhenAllAreTakenItSaysSo()
    {
        for (var lun = 0; lun <= Names.HighestLun; lun++)
            Good(await MapAsync("v1", lun));
        ExpectFault(await MapAsync("v1"), "lun-in-use");
    }

    [Test]
    public async Task UnmappingNamesTheMappingThatIsThere()
    {
        Good(await MapAsync("v1", 1, Iqn));
        ExpectFault(await Services.Luns.UnmapAsync(1, null), "lun-not-found", $"--initiator {Iqn}");
        Good(await Services.Luns.UnmapAsync(1, Iqn));
        ExpectFault(await Services.Luns.UnmapAsync(1, Iqn), "lun-not-found");
        Assert.That(Node.Applied[^1].Luns, Is.Empty);
    }

    [Test]
    public async Task AChangeByAnotherMeanwhileIsSeen()
    {
        Records.BeforeCommit = () => Records.Put("luns/001/*", """{"lun":1,"volume":"demo"}""");
        ExpectFault(await MapAsync("v1", 1), "lun-exists", "demo");
    }

    [Test]
    public async Task AnUnavailableStoreIsAFault()
    {
        Records.IsAvailable = false;
        ExpectFault(await MapAsync("v1", 1), "records-unavailable");
        ExpectFault(await Services.Luns.ListAsync(), "records-unavailable");
    }

    [Test]
    public async Task ADamagedRecordIsNamed()
    {
        Records.Put("luns/001/*", "{");
        ExpectFault(await Services.Luns.ListAsync(), "bad-record", "luns/001/*");
    }
}
