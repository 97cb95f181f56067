using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

public sealed class VolumeServiceTests : ServiceFixture
{
    [Test]
    public async Task VolumesShowTheirLuns()
    {
        Good(await MapAsync("v1", 4));
        var volumes = Good(await Services.Volumes.ListAsync());
        Assert.That(volumes.Select(volume => (volume.Name, volume.Luns.Count)), Is.EqualTo(new[] { ("demo", 0), ("v1", 1) }));
    }

    [TestCase(1 << 20, 1 << 20)]
    [TestCase((1 << 20) + 512, (1 << 20) + 4096)]
    [TestCase((1L << 30) + 512, (1L << 30) + 4096)]
    public async Task SizesAreRoundedUpToWholeBlocks(long asked, long got)
    {
        var created = Good(await Services.Volumes.CreateAsync(new CreateVolume { Name = "v2", SizeBytes = asked }));
        Assert.That(created.SizeBytes, Is.EqualTo(got));
    }

    [TestCase(0)]
    [TestCase(-512)]
    [TestCase(4096)]
    [TestCase((1 << 20) + 1)]
    public async Task BadSizesAreRefused(long sizeBytes)
    {
        ExpectFault(await Services.Volumes.CreateAsync(new CreateVolume { Name = "v2", SizeBytes = sizeBytes }), "bad-size");
        ExpectFault(await Services.Volumes.ResizeAsync("v1", new ChangeVolume { SizeBytes = sizeBytes }), "bad-size");
    }

    [TestCase("")]
    [TestCase("-v")]
    [TestCase("a b")]
    [TestCase("a/b")]
    public async Task BadNamesAreRefused(string name) =>
        ExpectFault(await Services.Volumes.CreateAsync(new CreateVolume { Name = name, SizeBytes = 1 << 20 }), "bad-volume-name");

    [Test]
    public async Task MappedVolumesStay()
    {
        Good(await MapAsync("v1", 4, Iqn));
        ExpectFault(await Services.Volumes.RemoveAsync("v1", "v1"), "volume-mapped", $"uss lun unmap 4 --initiator {Iqn}");
        Assert.That(Node.Volumes, Does.ContainKey("v1"));
    }

    [Test]
    public async Task RemovingAsksForTheName()
    {
        ExpectFault(await Services.Volumes.RemoveAsync("v1", null), "confirmation-required", "v1");
        ExpectFault(await Services.Volumes.RemoveAsync("v1", "demo"), "confirmation-required", "v1");
        Good(await Services.Volumes.RemoveAsync("v1", "v1"));
        ExpectFault(await Services.Volumes.RemoveAsync("v1", "v1"), "volume-not-found", "v1");
    }

    [Test]
    public async Task ShrinkingIsRefusedAndAVolumeThatIsNotThereIsNotFound()
    {
        ExpectFault(await Services.Volumes.ResizeAsync("v1", new ChangeVolume { SizeBytes = 1 << 20 }), "volume-shrinks", "v1");
        ExpectFault(await Services.Volumes.ResizeAsync("v9", new ChangeVolume { SizeBytes = 1 << 20 }), "volume-not-found", "v9");
    }

    [Test]
    public async Task GrowingReachesTheTarget()
    {
        Good(await Services.Volumes.ResizeAsync("v1", new ChangeVolume { SizeBytes = 2L << 30 }));
        Assert.That(Node.Volumes["v1"].SizeBytes, Is.EqualTo(2L << 30));
        Assert.That(Node.Applied, Is.Not.Empty);
    }
}
