using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Uss.Runtime;

namespace Uss.NfsFrontend.PortMap.Tests;

public sealed class UniversalAddressTests
{
    [TestCase("192.0.2.1", 2049, "192.0.2.1.8.1")]
    [TestCase("0.0.0.0", 111, "0.0.0.0.0.111")]
    [TestCase("255.255.255.255", 65535, "255.255.255.255.255.255")]
    [TestCase("::", 111, "::.0.111")]
    [TestCase("2001:db8::1", 32803, "2001:db8::1.128.35")]
    public void An_address_and_its_text_are_one(string address, int port, string text)
    {
        var endpoint = new Endpoint(IPAddress.Parse(address), port);
        Assert.That(UniversalAddress.Format(endpoint), Is.EqualTo(text));
        Assert.That(UniversalAddress.TryParse(Encoding.ASCII.GetBytes(text), out var parsed));
        Assert.That(parsed, Is.EqualTo(endpoint));
    }

    [TestCase("")]
    [TestCase(".")]
    [TestCase("..")]
    [TestCase("1.2")]
    [TestCase("1.2.3.4.5")]
    [TestCase("192.0.2.1.8")]
    [TestCase("192.0.2.1.8.256")]
    [TestCase("192.0.2.1.-1.1")]
    [TestCase("192.0.2.1. 8.1")]
    [TestCase("192.0.2.01.8.1")]
    [TestCase("0x7f000001.8.1")]
    [TestCase("192.0.2.1.8.1.")]
    [TestCase("host.8.1")]
    public void Other_texts_are_none(string text) => Assert.That(UniversalAddress.TryParse(Encoding.ASCII.GetBytes(text), out _), Is.False);

    [TestCase("192.0.2.1", 2049, "02000801C00002010000000000000000")]
    [TestCase("2001:db8::1", 111, "0A00006F0000000020010DB800000000000000000000000100000000")]
    public void An_address_and_its_structure_are_one(string address, int port, string hex)
    {
        var endpoint = new Endpoint(IPAddress.Parse(address), port);
        Assert.That(Convert.ToHexString(UniversalAddress.ToSocketAddress(endpoint)), Is.EqualTo(hex));
        Assert.That(UniversalAddress.TryParseSocketAddress(Convert.FromHexString(hex), out var parsed));
        Assert.That(parsed, Is.EqualTo(endpoint));
        Assert.That(UniversalAddress.TryParseSocketAddress(Convert.FromHexString(hex[..^2]), out _), Is.False);
    }

    [Test]
    public void No_address_is_longer_than_its_bound() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            var address = new byte[16];
            bytes.AsSpan(0, Math.Min(16, bytes.Length)).CopyTo(address);
            byte[] isatap = [.. address[..8], 2, 0, 0x5E, 0xFE, 255, 255, 255, 255];
            return UniversalAddress.Format(new Endpoint(new IPAddress(address, 4_000_000_000), 65535)).Length <= UniversalAddress.MaximumText
                && UniversalAddress.Format(new Endpoint(new IPAddress(isatap), 65535)).Length <= UniversalAddress.MaximumText;
        }).QuickCheckThrowOnFailure();

    [Test]
    public void No_bytes_make_a_parser_throw() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            UniversalAddress.TryParse(bytes, out _);
            byte[] likely = [.. bytes.Select(value => "0123456789.:%[]abcdefx"u8[value % 22])];
            UniversalAddress.TryParse(likely, out _);
            UniversalAddress.TryParseSocketAddress(bytes, out _);
            return RpcTransports.Parse(bytes) is null || bytes.Length is 3 or 4;
        }).QuickCheckThrowOnFailure();
}
