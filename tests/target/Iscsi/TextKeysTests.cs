using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Uss.Target.Iscsi;

namespace Uss.Target.Tests.Iscsi;

/// <summary>Text of login and text PDUs (RFC 7143, 6.1).</summary>
public sealed class TextKeysTests
{
    [Test]
    public void Pairs_survive_the_wire()
    {
        var key = from first in Gen.Elements("ABCXYZabi".ToCharArray())
                  from rest in Gen.ListOf(Gen.Elements("ABCxyz019.-+@_#".ToCharArray()))
                  select first + string.Concat(rest.Take(62));
        var value = from characters in Gen.ListOf(Gen.Elements("abcXYZ019 .:,/=+-[]~%\u00e9\u20ac".ToCharArray()))
                    select string.Concat(characters.Take(200));
        var pairs = Gen.ListOf(from k in key from v in value select new KeyValuePair<string, string>(k, v)).Select(list => list.Take(50)
            .ToList());
        Prop.ForAll(pairs.ToArbitrary(), list =>
        {
            var text = new List<byte>();
            foreach (var (k, v) in list)
                TextKeys.Append(text, k, v);
            var parsed = new List<KeyValuePair<string, string>>();
            Assert.That(TextKeys.TryParse(text.ToArray(), parsed, out var problem), problem);
            Assert.That(parsed, Is.EqualTo(list));
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void No_bytes_make_it_throw() =>
        Prop.ForAll<byte[]>(bytes => TextKeys.TryParse(bytes, [], out _) || true).QuickCheckThrowOnFailure();

    [TestCase("A=1\0\0\0B=2\0", 2, TestName = "Several NULs between pairs")]
    [TestCase("A=\0", 1, TestName = "An empty value")]
    [TestCase("A=b=c\0", 1, TestName = "A value with an equals sign")]
    [TestCase("", 0, TestName = "No text")]
    public void Good_text_is_understood(string text, int count)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        Assert.That(TextKeys.TryParse(Encoding.UTF8.GetBytes(text), pairs, out var problem), problem);
        Assert.That(pairs, Has.Count.EqualTo(count));
    }

    [TestCase("A=1", TestName = "No NUL at the end")]
    [TestCase("A\0", TestName = "No equals sign")]
    [TestCase("=1\0", TestName = "No key")]
    [TestCase("A B=1\0", TestName = "A blank in the key")]
    [TestCase("1A=1\0", TestName = "A key that starts with a digit")]
    [TestCase("A=\u0007\0", TestName = "A control character in the value")]
    public void Bad_text_is_refused(string text) =>
        Assert.That(TextKeys.TryParse(Encoding.UTF8.GetBytes(text), [], out _), Is.False);

    [Test]
    public void Long_keys_and_values_are_refused()
    {
        Assert.That(TextKeys.TryParse(Encoding.UTF8.GetBytes(new string('A', 63) + "=1\0"), [], out _));
        Assert.That(TextKeys.TryParse(Encoding.UTF8.GetBytes(new string('A', 64) + "=1\0"), [], out _), Is.False);
        Assert.That(TextKeys.TryParse(Encoding.UTF8.GetBytes("A=" + new string('x', 2050) + "\0"), [], out _));
        Assert.That(TextKeys.TryParse(Encoding.UTF8.GetBytes("A=" + new string('x', 2051) + "\0"), [], out _), Is.False);
        Assert.That(TextKeys.TryParse([(byte)'A', (byte)'=', 0xFF, 0], [], out _), Is.False, "not UTF-8");
        Assert.That(TextKeys.TryParse(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("A=1\0", 257))), [], out _), Is.False);
    }
}
