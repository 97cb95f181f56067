using System.Net;
using System.Net.Sockets;
using Uss.Host.Cli;
using Uss.TestSupport;

namespace Uss.Host.Serve;

/// <summary>NFS of the running service: who may mount what, from the first start on.</summary>
public sealed class NfsServiceTests
{
    private TemporaryFolder _temporary = null!;
    private string _folder = null!;
    private RunningService? _service;

    [SetUp]
    public void CreateFolder()
    {
        _temporary = new TemporaryFolder();
        _folder = Path.Combine(_temporary.Path, "data");
    }

    [TearDown]
    public async Task StopAsync()
    {
        if (_service is not null)
            await _service.StopAsync();
        _service = null;
        _temporary.Dispose();
    }

    [Test]
    public async Task TheFirstStartExportsAFileSystemToThisMachine()
    {
        var service = await StartAsync();
        Assert.That(service.Output.Split('\n')[0], Does.Contain("NFS on 127.0.0.1:").And.Contain("1 export"));
        Assert.That(service.Output, Does.Contain("mount -t nfs -o vers=3").And.Contain("127.0.0.1:/default"));
        var export = (await service.JsonAsync("export ls")).EnumerateArray().Single();
        Assert.That(
            export.GetProperty("rules").EnumerateArray().Select(rule => rule.GetProperty("clients").GetString()), Is.EqualTo(["127.0.0.0/8", "::1"]));
        var fileSystem = (await service.JsonAsync("fs ls")).EnumerateArray().Single();
        Assert.That(
            (fileSystem.GetProperty("name").GetString(), fileSystem.GetProperty("state").GetString()), Is.EqualTo(("default", "healthy")));
        Assert.That(fileSystem.GetProperty("freeBytes").GetInt64(), Is.Positive);
        var (status, handle) = await MountAsync("/default");
        Assert.That((status, handle.Length), Is.EqualTo((MountClient.Ok, 32)));
        Assert.That(await service.CommandAsync("export clients"), Does.Match(@"127\.0\.0\.1\s+/default"));
        Assert.That(await service.CommandAsync("status"), Does.Contain("1 NFS export"));
    }

    [Test]
    public async Task HandlesOutliveAStart()
    {
        await StartAsync();
        var before = await MountAsync("/default");
        await RestartAsync();
        var after = await MountAsync("/default");
        Assert.That(after.Handle, Is.EqualTo(before.Handle));
        var said = _service!.Output + string.Concat(Directory.EnumerateFiles(Path.Combine(_folder, "log")).Select(ReadShared));
        Assert.That(said, Does.Not.Contain("nfs-handle-key"));
    }

    [Test]
    public async Task RulesDecideWhoMounts()
    {
        var service = await StartAsync();
        await service.CommandAsync("fs create home");
        await service.CommandAsync("export create /a/home --fs home --client 192.0.2.0/24");
        Assert.That((await MountAsync("/a/home")).Status, Is.EqualTo(MountClient.AccessDenied));
        await service.CommandAsync("export set /a/home --client 127.0.0.1 --read-only");
        Assert.That((await MountAsync("/a/home")).Status, Is.EqualTo(MountClient.Ok));
        await service.CommandAsync("export set /a/home --remove-client 127.0.0.1");
        Assert.That((await MountAsync("/a/home")).Status, Is.EqualTo(MountClient.AccessDenied));
        await service.CommandAsync("export rm /a/home --confirm /a/home");
        Assert.That((await MountAsync("/a/home")).Status, Is.EqualTo(MountClient.NoEntry));
    }

    [Test]
    public async Task AFileSystemIsRenamedUnderItsClients()
    {
        var service = await StartAsync();
        var before = await MountAsync("/default");
        await service.CommandAsync("fs set default --name first");
        await service.CommandAsync("fs create default --mode 0700");
        Assert.That(await service.CommandAsync("fs show first"), Does.Match(@"id:\s+1").And.Match(@"exports:\s+/default"));
        Assert.That((await service.JsonAsync("export show /default")).GetProperty("fileSystem").GetString(), Is.EqualTo("first"));
        Assert.That((await MountAsync("/default")).Handle, Is.EqualTo(before.Handle));
        (await service.TryCommandAsync("fs rm first --confirm first")).ExpectError(ExitCode.Conflict, "/default");
        await service.CommandAsync("fs rm default --confirm default");
        await RestartAsync();
        Assert.That((await MountAsync("/default")).Handle, Is.EqualTo(before.Handle));
    }

    [Test]
    public async Task ARemovedFileSystemStaysAway()
    {
        var service = await StartAsync();
        (await service.TryCommandAsync("fs rm default --confirm default")).ExpectError(ExitCode.Conflict, "/default");
        await service.CommandAsync("export rm /default --confirm /default");
        await service.CommandAsync("fs rm default --confirm default");
        var going = (await service.JsonAsync("fs ls")).EnumerateArray().Select(found => found.GetProperty("state").GetString());
        Assert.That(going, Is.All.EqualTo("removing"));
        await RestartAsync();
        Assert.That((await _service!.JsonAsync("export ls")).GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task ItIsTurnedOff()
    {
        var service = await StartAsync("--nfs", "none");
        Assert.That(service.Output, Does.Not.Contain("NFS on").And.Not.Contain("mount -t"));
        Assert.That((await service.JsonAsync("status")).GetProperty("nfs").GetArrayLength(), Is.Zero);
        Assert.That(await service.CommandAsync("export show /default"), Does.Contain("no NFS server listens"));
    }

    [Test]
    public async Task BeyondLoopbackItNeedsNoRuleOfInitiators()
    {
        await StartAsync("--nfs", "0.0.0.0:0");
        Assert.That((await MountAsync("/default")).Status, Is.EqualTo(MountClient.Ok));
    }

    [Test]
    public async Task APortInUseIsNamedBeforeDisksAreMade()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var fault = await RunningService.StartExpectingRefusalAsync(_folder, "--nfs", $"{other.LocalEndpoint}");
        Assert.That(fault.ToString(), Does.Contain($"{other.LocalEndpoint}").And.Contain("--nfs").And.Contain("none"));
        Assert.That(Directory.EnumerateFiles(_folder, "*.uss"), Is.Empty);
    }

    [TestCase("fs create default", ExitCode.Conflict, "default")]
    [TestCase("fs create Big", ExitCode.Usage, "Big")]
    [TestCase("fs create a --copies 3", ExitCode.Failed, "3")]
    [TestCase("fs create a --pool nothing", ExitCode.NotFound, "nothing")]
    [TestCase("fs create a --mode 9", ExitCode.Usage, "'9'")]
    [TestCase("fs set nothing --name a", ExitCode.NotFound, "nothing")]
    [TestCase("fs set default --name Big", ExitCode.Usage, "Big")]
    [TestCase("fs show nothing", ExitCode.NotFound, "nothing")]
    [TestCase("fs rm nothing --confirm nothing", ExitCode.NotFound, "nothing")]
    [TestCase("export create /default --fs default", ExitCode.Conflict, "/default")]
    [TestCase("export create /x --fs nothing", ExitCode.NotFound, "nothing")]
    [TestCase("export create /x --fs default --client host1", ExitCode.Usage, "host1")]
    [TestCase("export create /x --fs default --client 10.0.0.0/24 --squash some", ExitCode.Usage, "some")]
    [TestCase("export create /../x --fs default", ExitCode.Usage, "/../x")]
    [TestCase("export set /x --client 10.0.0.0/24", ExitCode.NotFound, "/x")]
    [TestCase("export set /default --remove-client 10.0.0.0/24", ExitCode.NotFound, "10.0.0.0/24")]
    [TestCase("export rm /x --confirm /x", ExitCode.NotFound, "/x")]
    public async Task CommandsThatCannotBeDoneSayWhy(string line, int exitCode, string named) =>
        (await (await StartAsync()).TryCommandAsync(line)).ExpectError(exitCode, named);

    private async Task<RunningService> StartAsync(params string[] options) =>
        _service = await RunningService.StartAsync(_folder, options);

    private async Task RestartAsync()
    {
        await _service!.StopAsync();
        _service = null;
        await StartAsync();
    }

    private async Task<(uint Status, byte[] Handle)> MountAsync(string path)
    {
        var listening = IPEndPoint.Parse((await _service!.JsonAsync("status")).GetProperty("nfs")[0].GetString()!);
        return await MountClient.MountAsync(new IPEndPoint(IPAddress.Loopback, listening.Port), path);
    }

    private static string ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
