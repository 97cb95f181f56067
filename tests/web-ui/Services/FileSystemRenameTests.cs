using Uss.Coordination;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>Names of file systems move; exports name them by their numbers.</summary>
public sealed class FileSystemRenameTests : ServiceFixture
{
    [SetUp]
    public async Task ExportAsync()
    {
        Good(await Services.FileSystems.CreateAsync(new CreateFileSystem { Name = "home" }));
        Good(await Services.Exports.CreateAsync(new CreateExport { Path = "/home", FileSystem = "home" }));
    }

    [Test]
    public async Task ExportsGoAlong()
    {
        var renamed = Good(await Services.FileSystems.ChangeAsync("home", new ChangeFileSystem { Name = "people" }));
        Assert.That(renamed.Exports.Select(export => (export.Path, export.FileSystem)), Is.EqualTo(new[] { ("/home", "people") }));
        Assert.That(Good(await Services.Exports.ListAsync()).Single().FileSystem, Is.EqualTo("people"));
        ExpectFault(await Services.FileSystems.RemoveAsync("people", "people"), "file-system-in-use", "/home");
        ExpectFault(await Services.Exports.CreateAsync(new CreateExport { Path = "/home", FileSystem = "people" }), "export-exists", "'people'");
        ExpectFault(await Services.FileSystems.ChangeAsync("home", new ChangeFileSystem { Name = "other" }), "file-system-not-found", "home");
    }

    [Test]
    public async Task ANewOneWithTheOldNameHasNoExports()
    {
        Good(await Services.FileSystems.ChangeAsync("home", new ChangeFileSystem { Name = "people" }));
        Node.FileSystems["home"] = Node.FileSystems["people"] with { Name = "home", Id = 9 };
        Assert.That(Good(await Services.FileSystems.GetAsync("home")).Exports, Is.Empty);
    }

    [Test]
    public async Task ARemovalHitsTheOneThatWasLookedAt()
    {
        Good(await Services.Exports.RemoveAsync("/home", "/home"));
        Records.BeforeCommit = () => Records.Put(Volumes.FileSystemRecord.KeyOf("home"), """{"id":9,"name":"home","pool":1}""");
        ExpectFault(await Services.FileSystems.RemoveAsync("home", "home"), "file-system-changed", "home");
    }
}
