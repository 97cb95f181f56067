using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Iscsi;

/// <summary>Discovery, LUNs and who may see them, through the command line and Debian's iSCSI tools.</summary>
public sealed class TargetTests : EndToEndTest
{
    private const string Friend = "iqn.2026-11.local.uss.test:friend";
    private const string Stranger = "iqn.2026-11.local.uss.test:stranger";
    private const string Secret = "correct-secret-1";
    private const string TargetSecret = "answering-target";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Test]
    [CancelAfter(60_000)]
    public void FirstStart_ExportsDemoAsLunZero()
    {
        var service = StartService();
        var list = List(service, Friend);
        Assert.That(list, Does.Contain($"Target:{UssService.TargetIqn} Portal:{service.Portal},1"));
        Assert.That(list, Does.Match(@"Lun:0 +Type:DIRECT_ACCESS \(Size:(9|10)G\)"), "the tool rounds 10 GiB down");
    }

    [Test]
    [CancelAfter(90_000)]
    public void Lun_MappedForOneInitiator_IsSeenByItAlone()
    {
        var service = StartService();
        service.Command("volume", "create", "v1", "--size", "50G").Succeeded();
        service.Command("lun", "map", "v1", "--lun", "1").Succeeded();
        service.Command("volume", "create", "v2", "--size", "1G").Succeeded();
        service.Command("lun", "map", "v2", "--lun", "2", "--initiator", Friend).Succeeded();
        Assert.Multiple(() =>
        {
            Assert.That(List(service, Friend), Does.Contain("Lun:1 ").And.Contain("Lun:2 "));
            Assert.That(List(service, Stranger), Does.Contain("Lun:1 ").And.Not.Contain("Lun:2 "));
        });

        service.Command("lun", "unmap", "1").Succeeded();
        Assert.That(List(service, Stranger), Does.Not.Contain("Lun:1 "));

        Assert.That(service.Stop().Result.ExitCode, Is.Zero);
        service.Start();
        Assert.That(List(service, Friend), Does.Contain("Lun:0 ").And.Contain("Lun:2 ").And.Not.Contain("Lun:1 "), "after a restart");
    }

    [Test]
    [CancelAfter(90_000)]
    public void Chap_LetsInTheRightSecretOnly()
    {
        var service = StartService();
        service.Command("initiator", "create", Friend, "--chap-user", "friend", "--chap-secret", Secret).Succeeded();
        Assert.Multiple(() =>
        {
            Assert.That(Inquire(service, "friend%" + Secret + "@"), Is.True, "the right secret");
            Assert.That(Inquire(service, "friend%wrong-secret-123@"), Is.False, "a wrong secret");
            Assert.That(Inquire(service, "other%" + Secret + "@"), Is.False, "another user");
            Assert.That(Inquire(service, ""), Is.False, "no secret, though it is on loopback: its own rule asks for one");
        });
        Assert.That(service.Output, Does.Not.Contain(Secret), "secrets are never logged");
    }

    [Test]
    [CancelAfter(90_000)]
    public void MutualChap_ProvesTheTarget()
    {
        var service = StartService();
        service.Command(
            "initiator", "create", Friend, "--chap-user", "friend", "--chap-secret", Secret,
            "--mutual-user", "target", "--mutual-secret", TargetSecret).Succeeded();
        Assert.Multiple(() =>
        {
            Assert.That(Inquire(service, "friend%" + Secret + "@", $"?target_user=target&target_password={TargetSecret}"), Is.True, "both right");
            Assert.That(Inquire(service, "friend%" + Secret + "@", "?target_user=target&target_password=not-what-it-says"), Is.False, "target fails");
        });
    }

    private string List(UssService service, string initiator) =>
        Sandbox.Run(Limit, "iscsi-ls", "-s", "-i", initiator, $"iscsi://{service.Portal}").Succeeded();

    private bool Inquire(UssService service, string credentials, string parameters = "")
    {
        var result = Sandbox.Run(Limit, "iscsi-inq", "-i", Friend, service.Url(0, credentials) + parameters);
        return result.Output.Contains("Peripheral Device Type:DIRECT_ACCESS", StringComparison.Ordinal);
    }
}
