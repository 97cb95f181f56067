using Uss.Volumes;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>The uppermost directory that a file system is asked for with.</summary>
public sealed class FileSystemRootTests : ServiceFixture
{
    [TestCase(null, 0x1FF)]
    [TestCase("755", 0x1ED)]
    [TestCase("0755", 0x1ED)]
    [TestCase("1777", 0x3FF)]
    [TestCase("02770", 0x5F8)]
    public async Task ModesAreOctal(string? mode, int meant)
    {
        Good(await Services.FileSystems.CreateAsync(new CreateFileSystem { Name = "fs", Mode = mode, User = 1000, Group = 100 }));
        Assert.That(Node.Roots["fs"], Is.EqualTo(new RootDirectory { Mode = meant, User = 1000, Group = 100 }));
    }

    [TestCase("")]
    [TestCase("75")]
    [TestCase("0789")]
    [TestCase("-755")]
    [TestCase("17777")]
    [TestCase("rwxr-x")]
    public async Task WhatIsNoneIsRefused(string mode)
    {
        ExpectFault(await Services.FileSystems.CreateAsync(new CreateFileSystem { Name = "fs", Mode = mode }), "bad-mode");
        Assert.That(Node.FileSystems, Is.Empty);
    }
}
