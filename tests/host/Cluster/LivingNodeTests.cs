using System.Net.Sockets;
using Uss.Host.Cli;
using Uss.Host.Serve;
using Uss.TestSupport;

namespace Uss.Host.Cluster;

/// <summary>Commands on a cluster's folder go to a node that answers.</summary>
public sealed class LivingNodeTests
{
    private TemporaryFolder _temporary = null!;

    [SetUp]
    public void SetUp() => _temporary = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _temporary.Dispose();

    [Test]
    public async Task TheFirstNodeThatAnswersIsAsked()
    {
        // node1 has never run, node2 was killed, node3 is frozen, node10 comes after node4 though not in the alphabet.
        foreach (var name in new[] { "node1", "node2", "node3", "node4", "node10" })
            Directory.CreateDirectory(_temporary.File(name));
        using (var killed = Listen("node2"))
            killed.Close();
        using var frozen = Listen("node3");
        var node4 = await RunningService.StartAsync(_temporary.File("node4"));
        var node10 = await RunningService.StartAsync(_temporary.File("node10"));
        await node4.CommandAsync("volume create only-on-four --size 1M");
        var listed = await CommandLine.RunAsync("volume", "ls", "--data", _temporary.Path);
        Assert.That(listed.Output, Does.Contain("only-on-four"), listed.Error);
        await node4.StopAsync();
        listed = await CommandLine.RunAsync("volume", "ls", "--data", _temporary.Path);
        Assert.That((listed.ExitCode, listed.Output.Contains("only-on-four", StringComparison.Ordinal)), Is.EqualTo((ExitCode.Ok, false)));
        await node10.StopAsync();
        (await CommandLine.RunAsync("volume", "ls", "--data", _temporary.Path)).ExpectError(ExitCode.NoService, _temporary.Path);
    }

    [Test]
    public async Task ASlowNodeIsAskedAgainWhenNobodyIsFaster()
    {
        Directory.CreateDirectory(_temporary.File("node1"));
        using var slow = Listen("node1");
        var answering = AnswerSecondAsync(slow);
        var listed = await CommandLine.RunAsync("volume", "ls", "--data", _temporary.Path);
        Assert.That(listed.ExitCode, Is.EqualTo(ExitCode.Ok), listed.Error);
        await answering;
    }

    // The first who asks waits in vain.
    private static async Task AnswerSecondAsync(Socket listener)
    {
        using var ignored = await listener.AcceptAsync();
        using var asked = await listener.AcceptAsync();
        var request = new byte[4096];
        var answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"items\":[]}"u8.ToArray();
        while (await asked.ReceiveAsync(request) > 0)
            await asked.SendAsync(answer);
    }

    private Socket Listen(string node)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var path = SocketPath.Open(_temporary.File(node + "/uss.sock"));
        socket.Bind(new UnixDomainSocketEndPoint(path.Name));
        socket.Listen();
        return socket;
    }
}
