using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

public sealed class FileSystemServiceTests : ServiceFixture
{
    [Test]
    public async Task OneIsCreatedAndListed()
    {
        var created = Good(await Services.FileSystems.CreateAsync(new CreateFileSystem { Name = "home", Copies = 2 }));
        Assert.That((created.Name, created.Copies, created.State), Is.EqualTo(("home", 2, "healthy")));
        Assert.That(Good(await Services.FileSystems.ListAsync()).Single(), Is.EqualTo(created with { Exports = [] }).Using<FileSystemView>(Same));
        ExpectFault(await Services.FileSystems.GetAsync("nothing"), "file-system-not-found", "nothing");
        Assert.That(Good(await Services.Node.StatusAsync()) is { FileSystems: 1, Exports: 0, Nfs.Count: 1 });
    }

    [Test]
    public async Task APoolGoesWithoutCopies()
    {
        ExpectFault(await Services.FileSystems.CreateAsync(new CreateFileSystem { Name = "home", Copies = 2, Pool = "fast" }), "bad-pool");
        ExpectFault(await Services.FileSystems.CreateAsync(new CreateFileSystem { Name = "home", Copies = 0 }), "bad-copies");
        Assert.That(Good(await Services.FileSystems.CreateAsync(new CreateFileSystem { Name = "home", Pool = "fast" })).Pool, Is.EqualTo("fast"));
    }

    [Test]
    public async Task WhileAnExportNamesItItStays()
    {
        await CreateExportedAsync();
        ExpectFault(await Services.FileSystems.RemoveAsync("home", "home"), "file-system-in-use", "/home");
        Good(await Services.Exports.RemoveAsync("/home", "/home"));
        ExpectFault(await Services.FileSystems.RemoveAsync("home", null), "confirmation-required", "home");
        Assert.That(Good(await Services.FileSystems.RemoveAsync("home", "home")).State, Is.EqualTo("removing"));
        ExpectFault(await Services.FileSystems.RemoveAsync("nothing", "nothing"), "file-system-not-found", "nothing");
    }

    [Test]
    public async Task AnExportThatComesMeanwhileIsNoticed()
    {
        Good(await Services.FileSystems.CreateAsync(new CreateFileSystem { Name = "home" }));
        Records.BeforeCommit = () => Records.Put(RecordKeys.ExportCounter, """{"next":7}""");
        ExpectFault(await Services.FileSystems.RemoveAsync("home", "home"), "file-system-changed", "home");
    }

    [Test]
    public async Task OneThatFailedIsAProblem()
    {
        Good(await Services.FileSystems.CreateAsync(new CreateFileSystem { Name = "home" }));
        Node.FileSystems["home"] = Node.FileSystems["home"] with
        {
            State = "failed",
            Problem = new ProblemItem("file-system-failed", "File system 'home' is not served.", "Wait."),
        };
        var status = Good(await Services.Node.StatusAsync());
        Assert.That(status.State, Is.EqualTo("failed"));
        Assert.That(status.Problems.Single().Code, Is.EqualTo("file-system-failed"));
    }

    [Test]
    public async Task WithoutRecordsNothingIsDone()
    {
        Good(await Services.FileSystems.CreateAsync(new CreateFileSystem { Name = "home" }));
        Records.IsAvailable = false;
        ExpectFault(await Services.FileSystems.ListAsync(), "records-unavailable");
        ExpectFault(await Services.FileSystems.RemoveAsync("home", "home"), "records-unavailable");
        ExpectFault(await Services.Exports.ListAsync(), "records-unavailable");
        ExpectFault(await Services.Exports.CreateAsync(new CreateExport { Path = "/x", FileSystem = "home" }), "records-unavailable");
    }

    private static bool Same(FileSystemView left, FileSystemView right) => left with { Exports = right.Exports } == right;

    private async Task CreateExportedAsync()
    {
        Good(await Services.FileSystems.CreateAsync(new CreateFileSystem { Name = "home" }));
        Good(await Services.Exports.CreateAsync(new CreateExport { Path = "/home", FileSystem = "home" }));
    }
}
