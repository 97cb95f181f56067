using FsCheck;
using FsCheck.Fluent;
using Uss.Target.Iscsi;

namespace Uss.Target.Tests.Iscsi;

/// <summary>Values of text keys (RFC 7143, 6.1).</summary>
public sealed class TextValuesTests
{
    [TestCase("0", 0)]
    [TestCase("65536", 65536)]
    [TestCase("0x10", 16)]
    [TestCase("0Xff", 255)]
    public void Numbers_are_read(string text, long expected)
    {
        Assert.That(TextValues.TryParseNumber(text, out var number));
        Assert.That(number, Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase("-1")]
    [TestCase("+1")]
    [TestCase("007")]
    [TestCase("1 ")]
    [TestCase("0x")]
    [TestCase("0xg")]
    [TestCase("0x-1")]
    [TestCase("1e3")]
    [TestCase("99999999999999999999")]
    public void What_is_no_number_is_refused(string text) => Assert.That(TextValues.TryParseNumber(text, out _), Is.False);

    [Test]
    public void Binary_values_are_read_in_both_forms() => Prop.ForAll<byte[]>(bytes =>
    {
        if (bytes.Length == 0)
            return;
        Assert.That(TextValues.TryParseBinary(TextValues.FormatBinary(bytes), out var hexadecimal));
        Assert.That(hexadecimal, Is.EqualTo(bytes));
        Assert.That(TextValues.TryParseBinary("0b" + Convert.ToBase64String(bytes), out var base64));
        Assert.That(base64, Is.EqualTo(bytes));
        Assert.That(TextValues.TryParseBinary("0X" + Convert.ToHexString(bytes), out var upper));
        Assert.That(upper, Is.EqualTo(bytes));
    }).QuickCheckThrowOnFailure();

    [Test]
    public void No_text_makes_it_throw() => Prop.ForAll<string>(text =>
    {
        TextValues.TryParseBinary(text ?? "", out _);
        TextValues.TryParseBinary("0x" + text, out _);
        TextValues.TryParseBinary("0b" + text, out _);
        TextValues.TryParseNumber(text ?? "", out _);
        TextValues.TryNormalizeName(text ?? "", out _);
    }).QuickCheckThrowOnFailure();

    [TestCase("0x")]
    [TestCase("0x123")]
    [TestCase("0xzz")]
    [TestCase("0b")]
    [TestCase("0bAB=")]
    [TestCase("0bA B=")]
    [TestCase("1234")]
    public void What_is_no_binary_value_is_refused(string text) => Assert.That(TextValues.TryParseBinary(text, out _), Is.False);

    [Test]
    public void Binary_values_have_at_most_1024_bytes()
    {
        Assert.That(TextValues.TryParseBinary(TextValues.FormatBinary(new byte[1024]), out _));
        Assert.That(TextValues.TryParseBinary(TextValues.FormatBinary(new byte[1025]), out _), Is.False);
        Assert.That(TextValues.TryParseBinary("0b" + Convert.ToBase64String(new byte[1024]), out _));
        Assert.That(TextValues.TryParseBinary("0b" + Convert.ToBase64String(new byte[1025]), out _), Is.False);
    }

    [TestCase("iqn.2026-11.local.USS:Default", "iqn.2026-11.local.uss:default")]
    [TestCase("eui.02004567A425678D", "eui.02004567a425678d")]
    public void Names_are_compared_in_lower_case(string name, string normal)
    {
        Assert.That(TextValues.TryNormalizeName(name, out var normalized));
        Assert.That(normalized, Is.EqualTo(normal));
    }

    [TestCase("")]
    [TestCase("iqn.2026-11 local")]
    [TestCase("iqn.2026-11,local")]
    [TestCase("iqn/../x")]
    public void What_is_no_name_is_refused(string name) => Assert.That(TextValues.TryNormalizeName(name, out _), Is.False);
}
