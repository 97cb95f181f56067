using System.Net;
using System.Text;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.OncRpc.Tests;

namespace Uss.NfsFrontend.Exports.Tests;

/// <summary>Who may mount what, and as whom.</summary>
public sealed class ExportTests
{
    private static readonly uint[] _groups = [0, 24, 27];

    [TestCase("10.1.2.3", "10.0.0.0/8", true)]
    [TestCase("11.1.2.3", "10.0.0.0/8", false)]
    [TestCase("10.1.2.3", "10.1.2.3/32", true)]
    [TestCase("10.1.2.4", "10.1.2.3/32", false)]
    [TestCase("::ffff:10.1.2.3", "10.0.0.0/8", true)]
    [TestCase("fd00::5", "fd00::/8", true)]
    [TestCase("10.1.2.3", "::/0", false)]
    [TestCase("fd00::5", "0.0.0.0/0", false)]
    public void A_rule_covers_a_network(string client, string network, bool isCovered) =>
        Assert.That(Rule(network).Covers(IPAddress.Parse(client)), Is.EqualTo(isCovered));

    [Test]
    public void The_rule_for_the_fewest_clients_holds()
    {
        var export = Export("/default", 1, Rule("0.0.0.0/0"), Rule("10.1.2.3/32"), Rule("10.0.0.0/8"));
        Assert.That(export.RuleFor(IPAddress.Parse("10.1.2.3"))!.ToString(), Is.EqualTo("10.1.2.3"));
        Assert.That(export.RuleFor(IPAddress.Parse("10.9.9.9"))!.ToString(), Is.EqualTo("10.0.0.0/8"));
        Assert.That(export.RuleFor(IPAddress.Parse("192.0.2.1"))!.ToString(), Is.EqualTo("0.0.0.0/0"));
        Assert.That(export.RuleFor(IPAddress.Parse("fd00::5")), Is.Null);
    }

    [TestCase("/default", "/default", "")]
    [TestCase("/default/", "/default", "")]
    [TestCase("//default//a/b/", "/default", "a/b")]
    [TestCase("/default/inner", "/default/inner", "")]
    [TestCase("/default/inner/x", "/default/inner", "x")]
    [TestCase("/default/inn", "/default", "inn")]
    [TestCase("/default/INNER", "/default", "INNER")]
    [TestCase("/defaulted", null, null)]
    [TestCase("/Default", null, null)]
    [TestCase("/", null, null)]
    [TestCase("", null, null)]
    public void A_path_leads_into_the_deepest_export(string path, string? export, string? rest)
    {
        var table = new ExportTable([Export("/default", 1), Export("/default/inner", 2), Export("/other", 3)]);
        var found = table.Resolve(Encoding.UTF8.GetBytes(path));
        Assert.That(found?.Export.Path, Is.EqualTo(export));
        Assert.That(found is null ? null : string.Join('/', found.Value.Names.Select(name => Encoding.UTF8.GetString(name.Span))), Is.EqualTo(rest));
    }

    [TestCase(Squash.None, 0u, 0u, 0u, 0u)]
    [TestCase(Squash.None, 1000u, 100u, 1000u, 100u)]
    [TestCase(Squash.Root, 0u, 0u, 99u, 98u)]
    [TestCase(Squash.Root, 1000u, 0u, 1000u, 98u)]
    [TestCase(Squash.Root, 1000u, 100u, 1000u, 100u)]
    [TestCase(Squash.All, 1000u, 100u, 99u, 98u)]
    public void Identities_are_replaced_as_the_rule_says(Squash squash, uint user, uint group, uint mappedUser, uint mappedGroup)
    {
        var caller = Caller(squash, user, group);
        Assert.That((caller.UserId, caller.GroupId), Is.EqualTo((mappedUser, mappedGroup)));
        Assert.That(caller.IsRoot, Is.EqualTo(mappedUser == 0));
        Assert.That(caller.IsIn(mappedGroup));
    }

    [TestCase(Squash.None, true, true, false)]
    [TestCase(Squash.Root, false, true, true)]
    [TestCase(Squash.All, false, false, true)]
    public void Further_groups_are_replaced_too(Squash squash, bool isInRoot, bool isInOwn, bool isInAnonymous)
    {
        var caller = Caller(squash, 1000, 100);
        Assert.That((caller.IsIn(0), caller.IsIn(27), caller.IsIn(98)), Is.EqualTo((isInRoot, isInOwn, isInAnonymous)));
        Assert.That(caller.IsIn(28), Is.False);
    }

    [Test]
    public void Who_does_not_say_who_it_is_is_nobody()
    {
        var caller = new Caller(AuthFlavor.None, default, Rule("0.0.0.0/0") with { Squash = Squash.None });
        Assert.That((caller.UserId, caller.GroupId), Is.EqualTo((ExportRule.Nobody, ExportRule.Nobody)));
        Assert.That(caller.IsIn(0), Is.False);
    }

    internal static ExportRule Rule(string network) => new() { Clients = IPNetwork.Parse(network) };

    internal static Export Export(string path, ushort id, params ExportRule[] rules) =>
        new() { Id = id, Path = path, FileSystem = id, Rules = rules };

    private static Caller Caller(Squash squash, uint user, uint group)
    {
        Assert.That(AuthSys.TryParse(RpcMessageTests.User(user, group, _groups), out var credential));
        var rule = Rule("0.0.0.0/0") with { Squash = squash, AnonymousUser = 99, AnonymousGroup = 98 };
        return new Caller(AuthFlavor.Sys, credential, rule);
    }
}
