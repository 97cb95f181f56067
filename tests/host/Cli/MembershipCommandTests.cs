using System.Text.Json;
using Uss.TestSupport;

namespace Uss.Host.Cli;

public sealed class MembershipCommandTests
{
    private TemporaryFolder _folder = null!;

    private string Data => Path.Combine(_folder.Path, "n1");

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public async Task InitSetsUpANodeThatNeedsNoMoreOptions()
    {
        var made = await InitAsync("--listen", "10.0.0.1:7400", "--rack", "r1");
        Assert.That(made.ExitCode, Is.Zero, made.Error);
        Assert.That(made.Output, Does.Contain("uss node --data").And.Contain("--listen-client-urls http://10.0.0.1:2379"));
        var options = NodeRoleCommand.OptionsOf(CommandTree.Create().Parse(["node", "--data", Data]));
        var cluster = options.Cluster!;
        Assert.Multiple(() =>
        {
            Assert.That(cluster.Name, Is.EqualTo("n1"));
            Assert.That(cluster.Listen.ToString(), Is.EqualTo("10.0.0.1:7400"));
            Assert.That(cluster.Rack, Is.EqualTo("r1"));
            Assert.That(cluster.Etcd.Single().ToString(), Is.EqualTo("http://10.0.0.1:2379/"));
            Assert.That(cluster.IsFounder && cluster.MemberId is not null);
            Assert.That(options.Iscsi.Single().ToString(), Is.EqualTo("10.0.0.1:3260"));
        });
        var key = JsonDocument.Parse(File.ReadAllText(Path.Combine(Data, "cluster.json"))).RootElement.GetProperty("key").GetString()!;
        Assert.That(made.Output, Does.Not.Contain(key));

        // Options go first.
        cluster = NodeRoleCommand.OptionsOf(
            CommandTree.Create().Parse(["node", "--data", Data, "--etcd", "http://10.0.0.9:2379", "--rack", "r9"])).Cluster!;
        Assert.That((cluster.Etcd.Single().Host, cluster.Rack, cluster.Name), Is.EqualTo(("10.0.0.9", "r9", "n1")));
        (await InitAsync("--listen", "10.0.0.1:7400")).ExpectError(ExitCode.Conflict, "already");
    }

    [Test]
    public async Task WhetherNodesEncryptIsInTheClusterSFile()
    {
        Assert.That((await InitAsync("--listen", "10.0.0.1:7400")).Output, Does.Not.Contain("encrypt"));
        Assert.That(IsEncrypting(), Is.False);
        Assert.That(IsEncrypting("--tls"));
        Directory.Delete(Data, recursive: true);
        Assert.That((await InitAsync("--listen", "10.0.0.1:7400", "--tls")).Output, Does.Contain("; nodes encrypt"));
        Assert.That(IsEncrypting());

        // A file of a build that knew no TLS.
        var file = Path.Combine(Data, "cluster.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace(",\n  \"tls\": true", "", StringComparison.Ordinal));
        Assert.That(File.ReadAllText(file), Does.Not.Contain("tls").And.Contain("key"));
        Assert.That(IsEncrypting(), Is.False);

        bool IsEncrypting(params string[] options) =>
            NodeRoleCommand.OptionsOf(CommandTree.Create().Parse(["node", "--data", Data, .. options])).Cluster!.IsEncrypting;
    }

    [Test]
    public async Task ASingleNodeHasNobodyToEncryptFor() =>
        (await CommandLine.RunAsync(["serve", "--data", Data, "--tls"])).ExpectError(ExitCode.Usage, "--tls");

    [TestCase("0.0.0.0:7400", "cannot reach")]
    [TestCase("10.0.0.1:0", "cannot reach")]
    [TestCase("10.0.0.1", "no address and port")]
    public async Task AnAddressThatOthersCannotReachIsRefused(string listen, string named)
    {
        (await InitAsync("--listen", listen)).ExpectError(ExitCode.Usage, named);
        Assert.That(Directory.Exists(Data), Is.False);
    }

    [Test]
    public async Task EtcdOnLoopbackIsRefusedForOtherMachines() =>
        (await InitAsync("--listen", "10.0.0.1:7400", "--etcd", "http://127.0.0.1:2379")).ExpectError(ExitCode.Usage, "cannot reach etcd");

    [Test]
    public async Task APlaceThatCannotBeIsRefused()
    {
        (await InitAsync("--listen", "10.0.0.1:7400", "--rack", "r/1")).ExpectError(ExitCode.Usage, "--rack: 'r/1'");
        (await InitAsync("--listen", "10.0.0.1:7400", "--site", "")).ExpectError(ExitCode.Usage, "--site");
        Assert.That(Directory.Exists(Data), Is.False);
    }

    [Test]
    public async Task BadTokensAndTimesAreUsageErrors()
    {
        string[] rest = ["--name", "n2", "--data", Data, "--listen", "10.0.0.2:7400"];
        (await CommandLine.RunAsync(["cluster", "join", "hello", .. rest])).ExpectError(ExitCode.Usage, "no token");
        (await CommandLine.RunAsync(["cluster", "token", "--expires", "soon", "--data", Data])).ExpectError(ExitCode.Usage, "no time");
        (await CommandLine.RunAsync(["node", "--data", Data])).ExpectError(ExitCode.Usage, "not set up as a node");
    }

    private Task<CommandLine> InitAsync(params string[] options) =>
        CommandLine.RunAsync(["cluster", "init", "--name", "n1", "--data", Data, .. options]);
}
