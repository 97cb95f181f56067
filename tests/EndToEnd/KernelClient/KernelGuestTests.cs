using System.Net;
using System.Net.Sockets;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.KernelClient;

/// <summary>The guest itself works, so that a failure of the tests that use it is the product's.</summary>
public sealed class KernelGuestTests : EndToEndTest
{
    [Test]
    [CancelAfter(90_000)]
    public void Guest_RunsScript_AnswersAndReachesHost()
    {
        KernelGuest.AddNetwork(Sandbox);
        using var listening = new ManualResetEventSlim();
        var server = Sandbox.RunInNetwork(() =>
        {
            using var listener = new TcpListener(IPAddress.Parse(KernelGuest.HostAddress), 7);
            listener.Start();
            listening.Set();
            using var connection = listener.AcceptTcpClient();
            connection.GetStream().Write("welcome\n"u8);
        });
        Assert.That(listening.Wait(TimeSpan.FromSeconds(10)), $"no listener: {server.Exception}");
        using var guest = new KernelGuest(
            Sandbox,
            "hello.sh",
            new Dictionary<string, string> { ["HOST_ADDRESS"] = KernelGuest.HostAddress },
            new Dictionary<string, Func<string>> { ["who"] = () => "the test" });
        guest.Succeeded(TimeSpan.FromSeconds(60));
        Assert.That(guest.Output, Does.Contain("kernel Linux"));
        Assert.That(guest.Output, Does.Contain("answered the test"));
        Assert.That(guest.Output, Does.Contain("the network says welcome"));
        Assert.That(guest.Output, Does.Contain("initiator loaded"));
    }
}
