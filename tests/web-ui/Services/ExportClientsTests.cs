namespace Uss.WebUi.Services;

public sealed class ExportClientsTests
{
    [TestCase("*", "*")]
    [TestCase("10.0.0.0/24", "10.0.0.0/24")]
    [TestCase(" 10.0.0.7 ", "10.0.0.7")]
    [TestCase("10.0.0.7/32", "10.0.0.7")]
    [TestCase("0.0.0.0/0", "0.0.0.0/0")]
    [TestCase("::1", "::1")]
    [TestCase("::1/128", "::1")]
    [TestCase("FD00:0::/8", "fd00::/8")]
    [TestCase("::ffff:10.0.0.7", "10.0.0.7")]
    public void OneFormIsKept(string text, string expected)
    {
        Assert.That(ExportClients.TryNormalize(text, out var clients), text);
        Assert.That(clients, Is.EqualTo(expected));
        Assert.That(ExportClients.TryNormalize(clients, out var again) && again == clients);
    }

    [TestCase("")]
    [TestCase("7")]
    [TestCase("10.0.0")]
    [TestCase("host.example.com")]
    [TestCase("10.0.0.0/33")]
    [TestCase("10.0.0.0/")]
    [TestCase("10.0.0.*")]
    [TestCase("fe80::1%2")]
    [TestCase("10.0.0.7/24")]
    public void WhatIsNoClientIsRefused(string text) => Assert.That(ExportClients.TryNormalize(text, out _), Is.False);

    [TestCase("10.0.0.0/24", "10.0.0.0/24")]
    [TestCase("10.0.0.7", "10.0.0.7/32")]
    [TestCase("::1", "::1/128")]
    [TestCase("*", "0.0.0.0/0 ::/0")]
    public void NetworksAreWhatTheServerGoesBy(string clients, string networks) =>
        Assert.That(string.Join(' ', ExportClients.NetworksOf(clients)), Is.EqualTo(networks));
}
