using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

public sealed class ExportServiceTests : ServiceFixture
{
    [SetUp]
    public async Task CreateFileSystemAsync() => Assert.That(await Node.CreateFileSystemAsync("home", 1, null), Is.Null);

    [Test]
    public async Task AnExportReachesTheServer()
    {
        var export = Good(await CreateAsync("/home", new ExportRuleView { Clients = "10.0.0.0/24", ReadOnly = true, Squash = "all" }));
        var applied = Node.AppliedExports.Single().Single();
        Assert.Multiple(() =>
        {
            Assert.That((export.Path, export.FileSystem, export.Id), Is.EqualTo(("/home", "home", 1)));
            Assert.That(export.Mount, Is.EqualTo("mount -t nfs -o vers=3,proto=tcp,port=2049,mountport=2049,nolock 127.0.0.1:/home /mnt"));
            Assert.That((applied.Id, applied.FileSystemId), Is.EqualTo((1, Node.FileSystems["home"].Id)));
            Assert.That(
                applied.Rules.Single(),
                Is.EqualTo(new ExportRuleRecord
                {
                    Clients = "10.0.0.0/24",
                    ReadOnly = true,
                    Squash = ExportSquash.All,
                    AnonymousUser = ExportRuleRecord.Nobody,
                    AnonymousGroup = ExportRuleRecord.Nobody,
                }));
        });
        Assert.That(Good(await Services.Exports.GetAsync("home/")), Has.Property("Path").EqualTo("/home"));
        Assert.That(Good(await Services.FileSystems.GetAsync("home")).Exports.Single().Path, Is.EqualTo("/home"));
    }

    [Test]
    public async Task NumbersAreNeverGivenAgain()
    {
        Good(await CreateAsync("/a"));
        Good(await CreateAsync("/b/c"));
        Good(await Services.Exports.RemoveAsync("/b/c", "/b/c"));
        Assert.That(Good(await CreateAsync("/b/c")).Id, Is.EqualTo(3));
        Records.Put(RecordKeys.ExportCounter, """{"next":65536}""");
        ExpectFault(await CreateAsync("/d"), "no-export-number", "65535");
    }

    [Test]
    public async Task RootIsNobodyUnlessSomebodySaysOtherwise()
    {
        var rule = Good(await CreateAsync("/home", new ExportRuleView { Clients = "*" })).Rules.Single();
        Assert.That((rule.Squash, rule.AnonymousUser, rule.AnonymousGroup), Is.EqualTo(("root", 65534u, 65534u)));
    }

    [Test]
    public async Task APathIsExportedOnce()
    {
        Good(await CreateAsync("/home"));
        ExpectFault(await CreateAsync("home"), "export-exists", "/home");
    }

    [TestCase("")]
    [TestCase("/")]
    [TestCase("/a/../b")]
    [TestCase("/a//b")]
    [TestCase("/a b")]
    [TestCase("/.")]
    public async Task BadPathsAreRefused(string path) => ExpectFault(await CreateAsync(path), "bad-path");

    [Test]
    public async Task BadRulesAreRefused()
    {
        ExpectFault(await CreateAsync("/home", new ExportRuleView { Clients = "host1" }), "bad-client", "host1");
        ExpectFault(await CreateAsync("/home", new ExportRuleView { Clients = "10.0.0.7/24" }), "bad-client", "10.0.0.7/24");
        ExpectFault(await CreateAsync("/home", new ExportRuleView { Clients = "*", Squash = "some" }), "bad-squash", "some");
        ExpectFault(
            await CreateAsync("/home", new ExportRuleView { Clients = "10.0.0.7" }, new ExportRuleView { Clients = "10.0.0.7/32" }),
            "bad-client",
            "10.0.0.7");
    }

    [Test]
    public async Task WithoutItsFileSystemThereIsNone()
    {
        ExpectFault(await Services.Exports.CreateAsync(new CreateExport { Path = "/x", FileSystem = "nothing" }), "file-system-not-found", "nothing");
        Good(await Services.FileSystems.RemoveAsync("home", "home"));
        ExpectFault(await CreateAsync("/home"), "file-system-removing", "home");
    }

    [Test]
    public async Task ADirectoryIsFoundWhenItIsExported()
    {
        var export = Good(await Services.Exports.CreateAsync(new CreateExport { Path = "/x", FileSystem = "home", Directory = "/there/" }));
        Assert.That(export.Directory, Is.EqualTo("/there"));
        var record = (await Records.ListAsync("exports/x")).Entries.Single();
        Assert.That(System.Text.Encoding.UTF8.GetString(record.Value.Span), Does.Contain("\"inode\":7").And.Contain("\"generation\":3"));
        Assert.That(Good(await Services.Exports.CreateAsync(new CreateExport { Path = "/y", FileSystem = "home", Directory = "/" })).Directory, Is.Null);
        ExpectFault(
            await Services.Exports.CreateAsync(new CreateExport { Path = "/z", FileSystem = "home", Directory = "/nothing" }),
            "directory-not-found",
            "/nothing");
    }

    [Test]
    public async Task AFileSystemThatGoesMeanwhileIsNoticed()
    {
        Records.BeforeCommit = () => Records.Put("file-systems/home", """{"id":1,"name":"home","pool":1,"isRemoving":true}""");
        ExpectFault(await CreateAsync("/home"), "file-system-removing", "home");
    }

    [Test]
    public async Task RulesAreAddedReplacedAndTakenAway()
    {
        Good(await CreateAsync("/home", new ExportRuleView { Clients = "10.0.0.0/24" }, new ExportRuleView { Clients = "10.0.1.0/24" }));
        var changed = Good(await Services.Exports.ChangeAsync("/home", new ChangeExport
        {
            SetRules = [new ExportRuleView { Clients = "10.0.0.0/24", ReadOnly = true }, new ExportRuleView { Clients = "::1" }],
            RemoveClients = ["10.0.1.0/24"],
        }));
        Assert.That(changed.Rules.Select(rule => (rule.Clients, rule.ReadOnly)), Is.EqualTo([("10.0.0.0/24", true), ("::1", false)]));
        Assert.That(Node.AppliedExports[^1].Single().Rules.Select(rule => rule.Clients), Is.EqualTo(["10.0.0.0/24", "::1"]));
        ExpectFault(
            await Services.Exports.ChangeAsync("/home", new ChangeExport { RemoveClients = ["10.0.1.0/24"] }), "export-rule-not-found", "10.0.1.0/24");
        ExpectFault(await Services.Exports.ChangeAsync("/nothing", new ChangeExport()), "export-not-found", "/nothing");
    }

    [Test]
    public async Task RemovingAsksForThePath()
    {
        Good(await CreateAsync("/home"));
        ExpectFault(await Services.Exports.RemoveAsync("/home", null), "confirmation-required", "/home");
        Good(await Services.Exports.RemoveAsync("/home", "/home"));
        Assert.That(Node.AppliedExports[^1], Is.Empty);
        ExpectFault(await Services.Exports.RemoveAsync("/home", "/home"), "export-not-found", "/home");
    }

    [TestCase("""{"id":1,"path":"/x","fileSystem":"home","fileSystemId":1,"created":"2026-01-01T00:00:00Z"}""")]
    [TestCase("""{"id":65536,"path":"/x","fileSystem":"home","fileSystemId":1,"rules":[],"created":"2026-01-01T00:00:00Z"}""")]
    [TestCase("""{"id":1,"path":"/x","fileSystem":"home","fileSystemId":1,"rules":[{"clients":"*"}],"created":"2026-01-01T00:00:00Z"}""")]
    public async Task ARecordThatIsNotWholeIsNamed(string document)
    {
        Records.Put("exports/x", document);
        ExpectFault(await Services.Exports.ListAsync(), "bad-record", "exports/x");
    }

    [TestCase("0.0.0.0:2049", "ADDRESS:/x")]
    [TestCase("[::]:2049", "ADDRESS:/x")]
    [TestCase("[fd00::1]:2050", "proto=tcp6,port=2050,mountport=2050,nolock [fd00::1]:/x")]
    public void TheMountLineNamesWhereToGo(string listening, string expected) =>
        Assert.That(ExportService.MountLine([listening], "/x"), Does.Contain(expected));

    [Test]
    public void WithoutAServerThereIsNoMountLine() => Assert.That(ExportService.MountLine([], "/x"), Is.Null);

    private Task<Result<ExportView>> CreateAsync(string path, params ExportRuleView[] rules) =>
        Services.Exports.CreateAsync(new CreateExport { Path = path, FileSystem = "home", Rules = rules });
}
