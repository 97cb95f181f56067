using System.Net.Sockets;
using System.Text;
using Uss.TestSupport;

namespace Uss.Host.Serve;

public sealed class SystemdNotifierTests
{
    [TestCase(false)]
    [TestCase(true)]
    public void TheManagerIsTold(bool isAbstract)
    {
        using var folder = new TemporaryFolder();
        var name = Path.Combine(folder.Path, "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(isAbstract ? "\0" + name : name));
        manager.ReceiveTimeout = 10_000;
        var notifier = new SystemdNotifier(isAbstract ? "@" + name : name);

        notifier.Ready("serving");
        Assert.That(Receive(manager), Is.EqualTo($"READY=1\nSTATUS=serving\nMAINPID={Environment.ProcessId}"));
        notifier.Stopping();
        Assert.That(Receive(manager), Does.Contain("STOPPING=1"));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("/no/such/socket")]
    public void NobodyToTellIsNoFailure(string? address) => Assert.DoesNotThrow(() => new SystemdNotifier(address).Ready("serving"));

    private static string Receive(Socket socket)
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }
}
