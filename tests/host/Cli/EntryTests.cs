using System.CommandLine;
using System.Text.Json;
using Uss.TestSupport;

namespace Uss.Host.Cli;

/// <summary>The command line without a service: help, usage errors, nobody there.</summary>
public sealed class EntryTests
{
    private TemporaryFolder _temporary = null!;
    private string _folder = null!;

    private static IEnumerable<TestCaseData> AllCommands => Walk(CommandTree.Create(), [])
        .Select(path => new TestCaseData((object)path).SetName($"uss {string.Join(' ', path)} --help"));

    [SetUp]
    public void CreateFolder() => _folder = (_temporary = new TemporaryFolder()).Path;

    [TearDown]
    public void DeleteFolder() => _temporary.Dispose();

    [TestCaseSource(nameof(AllCommands))]
    public async Task EveryCommandHasHelpAndLeavesHaveExamples(string[] path)
    {
        var help = await CommandLine.RunAsync([.. path, "--help"]);
        Assert.That(help.ExitCode, Is.Zero, help.Error);
        Assert.That(help.Output, Does.Contain("Usage:").And.Contain($"uss {string.Join(' ', path)}".TrimEnd()));
        if (!help.Output.Contains("Commands:", StringComparison.Ordinal))
            Assert.That(help.Output, Does.Contain("Examples:"));
    }

    [Test]
    public async Task TheRootHelpListsTheExitCodes() =>
        Assert.That((await CommandLine.RunAsync("--help")).Output, Does.Contain("Exit codes:").And.Contain("no service answers"));

    [TestCase("volume creat", "creat")]
    [TestCase("volume create v1", "--size")]
    [TestCase("volume create v1 --size 5x", "5x")]
    [TestCase("volume create v1 --size 513", "513")]
    [TestCase("volume create v1 --size 1G --copies x", "x")]
    [TestCase("volume ls -o xml", "xml")]
    [TestCase("lun map", "")]
    [TestCase("lun unmap one", "one")]
    [TestCase("initiator create iqn.2001-04.com.example:a --generate", "--generate")]
    [TestCase("initiator create iqn.2001-04.com.example:a --chap-secret abcdefghijkl", "--chap-secret")]
    [TestCase("initiator set iqn.2001-04.com.example:a", "nothing to change")]
    [TestCase("fs create", "")]
    [TestCase("export create /home", "--fs")]
    [TestCase("export create /home --fs home --read-only", "--client")]
    [TestCase("export create /home --fs home --client * --anon-uid x", "x")]
    [TestCase("export set /home", "nothing to change")]
    [TestCase("serve --nfs 2049", "2049")]
    [TestCase("serve --nfs none --nfs 127.0.0.1:2049", "none")]
    [TestCase("serve --nodes 3 --nfs 0.0.0.0:2049", "--nfs")]
    [TestCase("serve --iscsi 3260", "3260")]
    [TestCase("serve --iscsi no.such.host.invalid:3260", "no.such.host.invalid")]
    [TestCase("serve --iscsi 127.0.0.1:70000", "70000")]
    [TestCase("serve --web here", "here")]
    [TestCase("serve --disks -1", "-1")]
    [TestCase("serve --disks 0", "--disks")]
    [TestCase("serve --disk-size 1M", "1M")]
    [TestCase("serve --nodes 0", "0")]
    [TestCase("serve --nodes 3 --disk /dev/null", "--disk")]
    [TestCase("serve --nodes 3 --initiator iqn.2001-04.com.example:a", "--initiator")]
    [TestCase("serve --nodes 3 --iscsi 0.0.0.0:3260", "--iscsi")]
    [TestCase("serve --nodes 3 --iscsi 127.0.0.1:3260 --iscsi 127.0.0.2:3260", "--iscsi")]
    [TestCase("serve --nodes 3 --disks 0", "--disks")]
    [TestCase("dev kill", "")]
    [TestCase("sim --scenario nothing", "nothing")]
    [TestCase("sim --seeds 0", "--seeds")]
    [TestCase("store inspect /dev/null --limit -1", "-1")]
    [TestCase("nonsense", "nonsense")]
    public async Task BadUsageNamesTheMistake(string line, string named) =>
        (await CommandLine.RunAsync([.. line.Split(' '), "--data", _folder])).ExpectError(ExitCode.Usage, named);

    [TestCase("status")]
    [TestCase("volume ls")]
    [TestCase("volume create v1 --size 1G")]
    [TestCase("lun map v1 --lun 1")]
    [TestCase("initiator ls")]
    [TestCase("sessions ls")]
    [TestCase("disk ls")]
    [TestCase("dev kill node1")]
    [TestCase("dev ls")]
    public async Task WithoutAServiceCommandsSayWhere(string line) =>
        (await CommandLine.RunAsync([.. line.Split(' '), "--data", _folder])).ExpectError(ExitCode.NoService, _folder);

    [Test]
    public async Task AFolderWithALongPathIsNamedToo()
    {
        var deep = Path.Combine(_folder, new string('d', 120));
        (await CommandLine.RunAsync("status", "--data", deep)).ExpectError(ExitCode.NoService, deep);
    }

    [Test]
    public async Task TheVersionIsPrinted()
    {
        var version = await CommandLine.RunAsync("version");
        Assert.That(version.Output, Does.Match(@"^uss \d+\.\d+\.\d+"));
        Assert.That(version.ExitCode, Is.Zero);
        var json = await CommandLine.RunAsync("version", "-o", "json");
        Assert.That(JsonDocument.Parse(json.Output).RootElement.GetProperty("version").GetString(), Is.EqualTo(version.Output[4..].Trim()));
    }

    [Test]
    public async Task ASimulationIsReportedAsJsonToo()
    {
        var run = await CommandLine.RunAsync("sim", "--scenario", "store", "--ticks", "50", "-o", "json");
        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Error);
        Assert.That(JsonDocument.Parse(run.Output).RootElement.GetProperty("passed").GetBoolean(), Is.True);
    }

    private static IEnumerable<string[]> Walk(Command command, string[] path) =>
        command.Subcommands.SelectMany(child => Walk(child, [.. path, child.Name])).Prepend(path);
}
