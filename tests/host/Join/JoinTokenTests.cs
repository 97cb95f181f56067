using System.Net;
using Uss.Runtime;

namespace Uss.Host.Join;

public sealed class JoinTokenTests
{
    private static readonly JoinToken _token = new()
    {
        ClusterId = new Guid("2b7c1a52-7f2e-4b44-9a55-2d9f6a3c1e01"),
        Id = [.. Enumerable.Range(1, JoinToken.IdBytes).Select(i => (byte)i)],
        Secret = [.. Enumerable.Range(101, JoinToken.SecretBytes).Select(i => (byte)i)],
        Addresses = [new Endpoint(IPAddress.Parse("10.0.0.1"), 7400), new Endpoint(IPAddress.Parse("fd00::2"), 65535)],
    };

    // The layout is a promise to other releases: this is what version 1 looks like.
    [Test]
    public void A_token_is_what_it_was() => Assert.That(
        _token.ToText(),
        Is.EqualTo(Known));

    private const string Known =
        "ussjASt8GlJ_LktEmlUtn2o8HgEBAgMEBQYHCAkKCwxlZmdoaWprbG1ub3BxcnN0dXZ3eAIECgAAAegcEP0AAAAAAAAAAAAAAAAAAAL__zY8Xl0";

    [Test]
    public void Text_and_token_are_the_same()
    {
        var read = JoinToken.Parse($"  {_token.ToText()}\n").Value!;
        Assert.Multiple(() =>
        {
            Assert.That(read.ClusterId, Is.EqualTo(_token.ClusterId));
            Assert.That(read.Id, Is.EqualTo(_token.Id));
            Assert.That(read.Secret, Is.EqualTo(_token.Secret));
            Assert.That(read.Addresses, Is.EqualTo(_token.Addresses));
            Assert.That(read.ToString(), Does.Contain("hidden"));
        });
    }

    [Test]
    public void Every_mistyped_character_is_noticed()
    {
        var text = _token.ToText();
        for (var index = 0; index < text.Length; index++)
        {
            var wrong = text.ToCharArray();
            wrong[index] = wrong[index] == 'A' ? 'B' : 'A';
            var read = JoinToken.Parse(new string(wrong));

            // The last character has bits that encode nothing.
            if (index == text.Length - 1 && read.IsOk)
                continue;
            Assert.That(read.Fault?.Code, Is.EqualTo("bad-token"), $"character {index}");
            Assert.That(read.Fault!.ToString(), Does.Not.Contain(new string(wrong)), "a token is not repeated");
        }
    }

    [Test]
    public void Every_part_of_a_token_is_none()
    {
        var text = _token.ToText();
        for (var length = 0; length < text.Length - 1; length++)
            Assert.That(JoinToken.Parse(text[..length]).Fault?.Code, Is.EqualTo("bad-token"), $"{length} characters");
    }

    [TestCase("")]
    [TestCase("hello")]
    [TestCase("ussj")]
    [TestCase("ussj!!!!")]
    [TestCase("ussjAAAA AAAA")]
    public void Other_text_is_no_token(string text) => Assert.That(JoinToken.Parse(text).Fault?.Code, Is.EqualTo("bad-token"));

    [Test]
    public void Text_without_end_is_no_token() =>
        Assert.That(JoinToken.Parse("ussj" + new string('A', 1 << 20)).Fault?.Code, Is.EqualTo("bad-token"));
}
