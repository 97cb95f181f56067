using Uss.Runtime;

namespace Uss.Host.Serve;

public sealed class AccessPolicyTests
{
    [TestCase("127.0.0.1:3260", true)]
    [TestCase("127.0.0.2:3260", true)]
    [TestCase("[::1]:3260", true)]
    [TestCase("0.0.0.0:3260", false)]
    [TestCase("[::]:3260", false)]
    [TestCase("192.0.2.1:3260", false)]
    public void LoopbackAloneIsOpen(string portal, bool isOpen)
    {
        var options = Options(portal);
        Assert.Multiple(() =>
        {
            Assert.That(AccessPolicy.IsOpenOnLoopback(options), Is.EqualTo(isOpen));
            Assert.That(AccessPolicy.IsOpenOnLoopback(options with { RequireRule = true }), Is.False);
            Assert.That(AccessPolicy.Check(options, hasRules: false) is null, Is.EqualTo(isOpen));
            Assert.That(AccessPolicy.Check(options, hasRules: true), Is.Null);
            Assert.That(AccessPolicy.Check(options with { Initiators = ["iqn.2001-04.com.example:a"] }, hasRules: false), Is.Null);
            Assert.That(AccessPolicy.Check(options with { ChapUser = "u" }, hasRules: false), Is.Null);
        });
    }

    [Test]
    public void OnePortalBeyondLoopbackClosesAll()
    {
        var options = Options("127.0.0.1:3260", "192.0.2.1:3260");
        Assert.That(AccessPolicy.IsOpenOnLoopback(options), Is.False);
        var fault = AccessPolicy.Check(options, hasRules: false);
        Assert.That(fault!.ToString(), Does.Contain("192.0.2.1:3260").And.Contain("--initiator"));
    }

    private static ServeOptions Options(params string[] portals) => new()
    {
        Folder = new DataFolder("/srv/uss"),
        Iscsi = [.. portals.Select(Parse)],
        DiskSizeBytes = 1 << 30,
    };

    private static Endpoint Parse(string text)
    {
        Assert.That(Endpoint.TryParse(text, out var endpoint), Is.True, text);
        return endpoint;
    }
}
