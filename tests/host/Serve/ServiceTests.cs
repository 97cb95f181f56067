using System.Net;
using System.Net.Sockets;
using Uss.Host.Cli;
using Uss.TestSupport;

namespace Uss.Host.Serve;

/// <summary>The service with real disks, reactor and sockets: first start, later starts, and starts that must be refused.</summary>
public sealed class ServiceTests
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
    public async Task TheFirstStartServesTheDemoVolume()
    {
        var service = await StartAsync();
        var lines = service.Output.Split('\n');
        Assert.Multiple(() =>
        {
            Assert.That(lines[0], Does.StartWith("ready").And.Contain("iqn.2026-11.local.uss:default").And.Contain("1 LUN"));
            Assert.That(lines.Count(line => line.StartsWith("ready", StringComparison.Ordinal)), Is.EqualTo(1));
            Assert.That(service.Output, Does.Contain("iscsiadm").And.Contain("Connect-IscsiTarget").And.Contain("qemu"));
        });
        var volumes = await service.JsonAsync("volume ls");
        Assert.That(volumes[0].GetProperty("name").GetString(), Is.EqualTo("demo"));
        Assert.That(volumes[0].GetProperty("sizeBytes").GetInt64(), Is.EqualTo(10L << 30));
        Assert.That((await service.JsonAsync("lun ls"))[0].GetProperty("lun").GetInt32(), Is.Zero);
        var status = await service.JsonAsync("status");
        Assert.That(status.GetProperty("state").GetString(), Is.EqualTo("healthy"));
        Assert.That(status.GetProperty("openOnLoopback").GetBoolean(), Is.True);
        Assert.That(status.GetProperty("disks").GetInt32(), Is.EqualTo(2));
    }

    [Test]
    public async Task NobodyElseCanReadWhatItKeeps()
    {
        await StartAsync();
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        foreach (var path in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
            Assert.That(File.GetUnixFileMode(path) & Others, Is.EqualTo(UnixFileMode.None), path);
    }

    [Test]
    public async Task ASecondStartFindsEverything()
    {
        var service = await StartAsync();
        await service.CommandAsync("volume create v1 --size 50G --copies 2");
        await service.CommandAsync("lun map v1 --lun 1 --initiator iqn.1993-08.org.debian:01:abc");
        await service.CommandAsync("initiator create iqn.1993-08.org.debian:01:abc --chap-user u --chap-secret abcdefghijkl");
        await service.CommandAsync("lun unmap 0");
        await service.CommandAsync("volume rm demo --confirm demo");
        await RestartAsync();
        var volume = (await _service!.JsonAsync("volume ls")).EnumerateArray().Single();
        Assert.That(
            (volume.GetProperty("name").GetString(), volume.GetProperty("sizeBytes").GetInt64(), volume.GetProperty("copies").GetInt32()),
            Is.EqualTo(("v1", 50L << 30, 2)));
        var lun = (await _service.JsonAsync("lun ls")).EnumerateArray().Single();
        Assert.That(lun.GetProperty("initiator").GetString(), Is.EqualTo("iqn.1993-08.org.debian:01:abc"));
        var rules = await _service.CommandAsync("initiator ls");
        Assert.That(rules, Does.Contain("iqn.1993-08.org.debian:01:abc").And.Not.Contain("abcdefghijkl"));
    }

    [Test]
    public async Task VolumesGrowAndAreListedAsTables()
    {
        var service = await StartAsync();
        await service.CommandAsync("volume resize demo --size 20G");
        var table = await service.CommandAsync("volume ls");
        Assert.That(table, Does.Match(@"NAME\s+SIZE").And.Match(@"demo\s+20 GiB"));
        (await service.TryCommandAsync("volume resize demo --size 10G")).ExpectError(ExitCode.Failed, "demo");
    }

    [TestCase("volume create demo --size 1G", ExitCode.Conflict, "demo")]
    [TestCase("volume create Big --size 1G", ExitCode.Usage, "Big")]
    [TestCase("volume create v1 --size 1G --copies 3", ExitCode.Failed, "3")]
    [TestCase("volume show nothing", ExitCode.NotFound, "nothing")]
    [TestCase("volume resize nothing --size 1G", ExitCode.NotFound, "nothing")]
    [TestCase("volume rm nothing --confirm nothing", ExitCode.NotFound, "nothing")]
    [TestCase("volume create v1 --size 1M --copies 0", ExitCode.Usage, "0")]
    [TestCase("volume create v1 --size 512", ExitCode.Usage, "512")]
    [TestCase("volume create v1 --size 9000P", ExitCode.Usage, "9000P")]
    [TestCase("lun map nothing", ExitCode.NotFound, "nothing")]
    [TestCase("lun map demo --lun 3 --initiator host1", ExitCode.Usage, "host1")]
    [TestCase("lun unmap 0 --initiator iqn.2001-04.com.example:a", ExitCode.NotFound, "LUN 0")]
    [TestCase("initiator set iqn.2001-04.com.example:a --no-chap", ExitCode.NotFound, "iqn.2001-04.com.example:a")]
    [TestCase("initiator create iqn.2001-04.com.example:a --chap-user u --chap-secret short", ExitCode.Usage, "12")]
    [TestCase("volume rm demo --confirm demo", ExitCode.Conflict, "LUN 0")]
    [TestCase("lun map demo --lun 0", ExitCode.Conflict, "LUN 0")]
    [TestCase("lun map demo --lun 256", ExitCode.Usage, "256")]
    [TestCase("lun unmap 9", ExitCode.NotFound, "9")]
    [TestCase("initiator create host1", ExitCode.Usage, "host1")]
    [TestCase("initiator rm iqn.2001-04.com.example:a", ExitCode.NotFound, "iqn.2001-04.com.example:a")]
    [TestCase("disk show disk9", ExitCode.NotFound, "disk9")]
    public async Task CommandsThatCannotBeDoneSayWhy(string line, int exitCode, string named) =>
        (await (await StartAsync()).TryCommandAsync(line)).ExpectError(exitCode, named);

    [Test]
    public async Task RemovingAsksForConfirmation()
    {
        var service = await StartAsync();
        await service.CommandAsync("lun unmap 0");
        (await service.TryCommandAsync("volume rm demo --confirm other")).ExpectError(ExitCode.NotConfirmed, "demo");
        await service.CommandAsync("volume rm demo --confirm demo");
    }

    [Test]
    public async Task ASecondServiceOnTheFolderIsLockedOut()
    {
        await StartAsync();
        var fault = await RunningService.StartExpectingRefusalAsync(_folder);
        Assert.That(fault.Code, Is.EqualTo("data-locked"));
        Assert.That(fault.Message, Does.Contain(_folder).And.Contain($"{Environment.ProcessId}"));
    }

    [Test]
    public async Task APortInUseIsNamedBeforeDisksAreMade()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var fault = await RunningService.StartExpectingRefusalAsync(_folder, "--iscsi", $"{other.LocalEndpoint}");
        Assert.That(fault.ToString(), Does.Contain($"{other.LocalEndpoint}").And.Contain("--iscsi"));
        Assert.That(Directory.EnumerateFiles(_folder, "*.uss"), Is.Empty, "disks of a start that is refused");
    }

    [Test]
    public async Task BeyondLoopbackSomebodyMustSayWhoMayLogIn()
    {
        var fault = await RunningService.StartExpectingRefusalAsync(_folder, "--iscsi", "0.0.0.0:0");
        Assert.That(fault.Code, Is.EqualTo("open-portal"));
        Assert.That(File.Exists(Path.Combine(_folder, "disk0.uss")), Is.False, "nothing is made for a start that is refused");
        var service = await StartAsync("--iscsi", "0.0.0.0:0", "--initiator", "iqn.1993-08.org.debian:01:abc");
        Assert.That((await service.JsonAsync("status")).GetProperty("openOnLoopback").GetBoolean(), Is.False);
        await RestartAsync("--iscsi", "0.0.0.0:0");
    }

    [Test]
    public async Task ASecretFileMakesARuleForAll()
    {
        var secret = Path.Combine(_temporary.Path, "secret");
        await File.WriteAllTextAsync(secret, "abcdefghijkl\n");
        var service = await StartAsync("--iscsi", "0.0.0.0:0", "--chap-user", "all", "--chap-secret-file", secret);
        var rule = (await service.JsonAsync("initiator ls")).EnumerateArray().Single();
        Assert.That((rule.GetProperty("iqn").GetString(), rule.GetProperty("chapUser").GetString()), Is.EqualTo(("*", "all")));
        var log = string.Concat(Directory.EnumerateFiles(Path.Combine(_folder, "log")).Select(ReadShared));
        Assert.That(log, Does.Contain("initiator rule").And.Not.Contain("abcdefghijkl"));
    }

    [Test]
    public async Task AMissingDiskIsNamedAndTheOthersServe()
    {
        await StartAsync();
        await _service!.StopAsync();
        var path = Path.Combine(_folder, "disk1.uss");
        File.Move(path, path + ".away");
        var service = await StartAsync();
        Assert.That(File.Exists(path), Is.False, "a known disk must not come back empty");
        var status = await service.JsonAsync("status");
        Assert.That(status.GetProperty("state").GetString(), Is.EqualTo("failed"), "the volume has its data in one copy");
        Assert.That(status.GetProperty("problems").GetRawText(), Does.Contain("disk1.uss").And.Contain("disk1 is failed").And.Contain("demo"));
        Assert.That(await service.CommandAsync("disk ls"), Does.Match(@"disk1\s+failed").And.Match(@"disk0\s+healthy"));

        await service.StopAsync();
        File.Move(path + ".away", path);
        Assert.That((await (await StartAsync()).JsonAsync("status")).GetProperty("state").GetString(), Is.EqualTo("healthy"));
    }

    [Test]
    public async Task APoolOfAClassOfDisksIsMadeOnOneMachine()
    {
        var service = await StartAsync();
        (await service.TryCommandAsync("pool create fast --copies 1 --class ssd")).ExpectError(ExitCode.Failed, "asks for disks of class ssd");
        (await service.TryCommandAsync("pool create fast --copies 1 --class S-S")).ExpectError(ExitCode.Usage, "S-S");
        (await service.TryCommandAsync("disk set disk1 --class ssd -o json")).ExpectError(ExitCode.NotConfirmed, "Not confirmed");
        await service.CommandAsync("disk set disk1 --class ssd --yes");
        Assert.That(await service.CommandAsync("disk ls"), Does.Match(@"disk1\s+healthy\s+file\s+ssd").And.Match(@"disk0\s+healthy\s+file\s+any"));
        var refused = await service.TryCommandAsync("pool create fast --copies 2 --class ssd");
        refused.ExpectError(ExitCode.Failed, "2 copies on different disks of class ssd; there is 1");
        Assert.That(await service.CommandAsync("pool create fast --copies 1 --class ssd"), Does.Contain("disks of class ssd"));
        await service.CommandAsync("volume create v1 --size 10G --pool fast");
        Assert.That((await service.JsonAsync("volume show v1")).GetProperty("pool").GetString(), Is.EqualTo("fast"));
        var held = (await service.JsonAsync("placement show --pool fast")).EnumerateArray().Single();
        Assert.That((held.GetProperty("disk").GetString(), held.GetProperty("duePercent").GetDouble()), Is.EqualTo(("disk1", 100.0)));

        // The only one of its class.
        (await service.TryCommandAsync("disk set disk1 --class any --yes -o json")).ExpectError(ExitCode.Failed, "asks for disks of class ssd");
        await RestartAsync();
        Assert.That((await _service!.JsonAsync("disk show disk1")).GetProperty("class").GetString(), Is.EqualTo("ssd"));
        Assert.That((await _service.JsonAsync("volume show v1")).GetProperty("state").GetString(), Is.EqualTo("healthy"));
    }

    [Test]
    public async Task APoolIsShownChangedAndRemoved()
    {
        var service = await StartAsync();
        await service.CommandAsync("pool create p --copies 2 --min-copies 2");
        Assert.That(await service.CommandAsync("pool show p"), Does.Match(@"at least:?\s+2").And.Match(@"volumes:?\s+none"));
        await service.CommandAsync("volume create v1 --size 10G --pool p");
        (await service.TryCommandAsync("pool set p --min-copies 3 --yes -o json")).ExpectError(ExitCode.Usage, "at least 3 of its 2 copies");
        (await service.TryCommandAsync("pool set p --copies 3 --yes -o json")).ExpectError(ExitCode.Failed, "3 copies on different disks");
        Assert.That(await service.CommandAsync("pool set p --min-copies 1 --dry-run"), Does.Contain("COPIES TO MOVE"));
        Assert.That((await service.JsonAsync("pool show p")).GetProperty("minimumCopies").GetInt32(), Is.EqualTo(2), "a dry run");
        Assert.That(await service.CommandAsync("pool set p --min-copies 1 --yes"), Does.Contain("at least 1"));
        (await service.TryCommandAsync("pool rm p --confirm p")).ExpectError(ExitCode.Conflict, "'v1'");
        await service.CommandAsync("volume rm v1 --confirm v1");
        (await service.TryCommandAsync("pool rm p --confirm q")).ExpectError(ExitCode.NotConfirmed, "p");
        await service.CommandAsync("pool rm p --confirm p");
        (await service.TryCommandAsync("pool show p")).ExpectError(ExitCode.NotFound, "p");
        Assert.That((await service.JsonAsync("pool ls")).EnumerateArray().Single().GetProperty("name").GetString(), Is.EqualTo("copies-1"));
    }

    [Test]
    public async Task WithoutAnyDiskItRefuses()
    {
        await StartAsync();
        await _service!.StopAsync();
        _service = null;
        File.Delete(Path.Combine(_folder, "disk0.uss"));
        File.Delete(Path.Combine(_folder, "disk1.uss"));
        var fault = await RunningService.StartExpectingRefusalAsync(_folder);
        Assert.That(fault.ToString(), Does.Contain("disk0.uss"));
    }

    [Test]
    public async Task ADiskThatHoldsSomethingElseIsNotTouchedUnlessAsked()
    {
        var path = Path.Combine(_temporary.Path, "image");
        await File.WriteAllBytesAsync(path, "XFSB"u8.ToArray());
        using (var file = File.OpenWrite(path))
            file.SetLength(64 << 20);
        var fault = await RunningService.StartExpectingRefusalAsync(_folder, "--disk", path);
        Assert.That(fault.Code, Is.EqualTo("disk-not-empty"));
        Assert.That(fault.ToString(), Does.Contain(path).And.Contain("XFS").And.Contain("--format"));
        Assert.That((await File.ReadAllBytesAsync(path))[..4], Is.EqualTo("XFSB"u8.ToArray()));

        var service = await StartAsync("--disk", path, "--format");
        Assert.That((await service.JsonAsync("disk ls"))[0].GetProperty("path").GetString(), Is.EqualTo(path));
        Directory.CreateDirectory(Path.Combine(_temporary.Path, "other"));
        await service.CommandAsync("volume create kept --size 1G");

        // --format again must not touch what is this service's own by now.
        await RestartAsync("--format");
        Assert.That(await _service!.CommandAsync("volume ls"), Does.Contain("kept"));
    }

    [Test]
    public async Task ADiskOfAnotherServiceIsNotTouched()
    {
        await StartAsync();
        await _service!.StopAsync();
        _service = null;
        var stolen = Path.Combine(_folder, "disk0.uss");
        var fault = await RunningService.StartExpectingRefusalAsync(Path.Combine(_temporary.Path, "other"), "--disk", stolen);
        Assert.That(fault.ToString(), Does.Contain("USS disk").And.Contain(stolen));
    }

    [Test]
    public async Task ADiskCanBeInspectedWithoutAService()
    {
        await StartAsync();
        await _service!.StopAsync();
        _service = null;
        var disk = Path.Combine(_folder, "disk0.uss");
        var text = await CommandLine.RunAsync("store", "inspect", disk);
        Assert.That(text.ExitCode, Is.Zero, text.Error);
        Assert.That(text.Output, Does.Contain("superblock at").And.Contain("(current)").And.Contain("log ring"));
        var json = await CommandLine.RunAsync("store", "inspect", disk, "-o", "json");
        Assert.That(
            System.Text.Json.JsonDocument.Parse(json.Output).RootElement.GetProperty("superblocks").GetArrayLength(), Is.EqualTo(2));
        (await CommandLine.RunAsync("store", "inspect", disk + ".none")).ExpectError(ExitCode.Failed, "disk0.uss.none");
        var foreign = await CommandLine.RunAsync("store", "inspect", Path.Combine(_folder, "cluster.db"));
        Assert.That((foreign.ExitCode, foreign.Error.Contains("error:", StringComparison.Ordinal)), Is.EqualTo((ExitCode.Failed, true)));
    }

    [Test]
    public async Task AMissingPathIsNamed()
    {
        var fault = await RunningService.StartExpectingRefusalAsync(_folder, "--disk", Path.Combine(_temporary.Path, "nothing"));
        Assert.That(fault.ToString(), Does.Contain("nothing").And.Contain("truncate"));
    }

    [Test]
    public async Task OptionsOfLaterPartsAreAcceptedWithANotice()
    {
        await StartAsync("--web", "127.0.0.1:8080");
        var log = string.Concat(Directory.EnumerateFiles(Path.Combine(_folder, "log")).Select(ReadShared));
        Assert.That(log, Does.Contain("--web").And.Contain("no effect yet"));
    }

    private async Task<RunningService> StartAsync(params string[] options) =>
        _service = await RunningService.StartAsync(_folder, options);

    private async Task RestartAsync(params string[] options)
    {
        await _service!.StopAsync();
        _service = null;
        await StartAsync(options);
    }

    private static string ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
