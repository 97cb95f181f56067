using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

public sealed class InitiatorServiceTests : ServiceFixture
{
    private static readonly ChapPair _chap = new("user", Secret);
    private static readonly ChapPair _mutual = new("target", "other-secret-99");

    [Test]
    public async Task ARuleReachesTheTargetWithItsSecretAndNobodyElse()
    {
        var rule = Good(await CreateAsync(Iqn, _chap, _mutual));
        var applied = Node.Applied.Single().Initiators.Single();
        Assert.Multiple(() =>
        {
            Assert.That(rule.ChapUser, Is.EqualTo("user"));
            Assert.That(rule.MutualUser, Is.EqualTo("target"));
            Assert.That(applied.ChapSecret, Is.EqualTo(Secret));
            Assert.That(rule.ToString(), Does.Not.Contain(Secret));
            Assert.That(applied.ToString(), Does.Not.Contain(Secret));
            Assert.That(_chap.ToString(), Does.Not.Contain(Secret));
        });
    }

    [Test]
    public async Task NamesAreComparedInLowerCase()
    {
        Good(await CreateAsync(Iqn.ToUpperInvariant()));
        ExpectFault(await CreateAsync(Iqn), "initiator-exists", Iqn);
        Good(await Services.Initiators.RemoveAsync(Iqn.ToUpperInvariant(), Iqn));
    }

    [TestCase("*")]
    [TestCase("eui.02004567a425678d")]
    [TestCase("naa.52004567ba64678d")]
    [TestCase("iqn.2001-04.com.example:storage.disk2-sys1.xyz")]
    [TestCase("iqn.2001-04.com.example")]
    public async Task GoodNamesAreTaken(string iqn) => Good(await CreateAsync(iqn));

    [TestCase("")]
    [TestCase("host1")]
    [TestCase("iqn.2001-13.com.example:a")]
    [TestCase("iqn.2001-04.com.example:")]
    [TestCase("iqn.2001-04.com.example:a b")]
    [TestCase("iqn.2001-04.com.example:a/b")]
    [TestCase("eui.02004567a425678")]
    public async Task BadNamesAreRefused(string iqn) => ExpectFault(await CreateAsync(iqn), "bad-iqn");

    [Test]
    public async Task NamesThatAreTooLongAreRefused() =>
        ExpectFault(await CreateAsync("iqn.2001-04.com.example:" + new string('a', 200)), "bad-iqn");

    [TestCase("short")]
    [TestCase("with-control\u0007-character")]
    public async Task BadSecretsAreRefusedWithoutBeingRepeated(string secret)
    {
        var created = await CreateAsync(Iqn, new ChapPair("user", secret));
        ExpectFault(created, "bad-chap-secret");
        Assert.That(created.Fault!.ToString(), Does.Not.Contain(secret));
    }

    [Test]
    public async Task MutualChapNeedsChapAndAnotherSecret()
    {
        ExpectFault(await CreateAsync(Iqn, null, _mutual), "bad-mutual");
        ExpectFault(await CreateAsync(Iqn, _chap, _mutual with { Secret = Secret }), "bad-mutual");
        Good(await CreateAsync(Iqn, _chap));
        ExpectFault(
            await Services.Initiators.ChangeAsync(Iqn, new ChangeInitiator { Mutual = _mutual with { Secret = Secret } }), "bad-mutual");
    }

    [Test]
    public async Task WhatAChangeLeavesOutStays()
    {
        Good(await CreateAsync(Iqn, _chap, _mutual));
        Good(await Services.Initiators.ChangeAsync(Iqn, new ChangeInitiator { RemoveMutual = true }));
        var applied = Node.Applied[^1].Initiators.Single();
        Assert.That((applied.ChapSecret, applied.MutualUser), Is.EqualTo((Secret, (string?)null)));
        Good(await Services.Initiators.ChangeAsync(Iqn, new ChangeInitiator { RemoveChap = true }));
        Assert.That(Node.Applied[^1].Initiators.Single().ChapUser, Is.Null);
    }

    [Test]
    public async Task RemovingAsksForTheName()
    {
        Good(await CreateAsync(Iqn));
        ExpectFault(await Services.Initiators.RemoveAsync(Iqn, null), "confirmation-required", Iqn);
        ExpectFault(await Services.Initiators.RemoveAsync(Iqn, "other"), "confirmation-required");
        Good(await Services.Initiators.RemoveAsync(Iqn, Iqn));
        ExpectFault(await Services.Initiators.RemoveAsync(Iqn, Iqn), "initiator-not-found");
    }

    private Task<Uss.Runtime.Result<InitiatorView>> CreateAsync(string iqn, ChapPair? chap = null, ChapPair? mutual = null) =>
        Services.Initiators.CreateAsync(new CreateInitiator { Iqn = iqn, Chap = chap, Mutual = mutual });
}
