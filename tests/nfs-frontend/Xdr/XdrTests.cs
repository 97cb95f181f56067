using FsCheck;
using FsCheck.Fluent;

namespace Uss.NfsFrontend.Xdr.Tests;

/// <summary>Reader and writer against the encodings of RFC 4506.</summary>
public sealed class XdrTests
{
    [Test]
    public void Values_stand_as_the_standard_has_them()
    {
        var target = new byte[64];
        var writer = new XdrWriter(target);
        writer.UInt32(0x01020304);
        writer.UInt64(0x1122334455667788);
        writer.Boolean(true);
        writer.Opaque("abcde"u8);
        writer.Fixed([9, 8, 7]);
        Assert.That(
            Convert.ToHexString(target, 0, writer.Position),
            Is.EqualTo("01020304" + "1122334455667788" + "00000001" + "00000005" + "6162636465000000" + "09080700"));
    }

    [Test]
    public void What_is_written_is_read() =>
        Prop.ForAll<uint, ulong, byte[]>((small, large, bytes) =>
        {
            var flag = bytes.Length % 2 == 0;
            var message = new byte[64 + bytes.Length];
            var writer = new XdrWriter(message);
            writer.UInt32(small);
            writer.Opaque(bytes);
            writer.UInt64(large);
            writer.Fixed(bytes);
            writer.Boolean(flag);
            var reader = new XdrReader(message.AsSpan(0, writer.Position));
            return reader.UInt32() == small
                && reader.Opaque(bytes.Length).In(message).SequenceEqual(bytes)
                && reader.UInt64() == large
                && reader.Fixed(bytes.Length).In(message).SequenceEqual(bytes)
                && reader.Boolean() == flag
                && reader.IsOk
                && reader.Position == writer.Position;
        }).QuickCheckThrowOnFailure();

    [Test]
    public void No_bytes_make_it_throw_or_read_past_the_end() =>
        Prop.ForAll<byte[], byte[]>((message, steps) =>
        {
            var reader = new XdrReader(message);
            foreach (var step in steps)
            {
                switch (step % 5)
                {
                    case 0: reader.UInt32(); break;
                    case 1: reader.UInt64(); break;
                    case 2: reader.Boolean(); break;
                    case 3: reader.Fixed(step); break;
                    default: _ = reader.Opaque(step * 1000).In(message); break;
                }
            }

            return reader.Position <= message.Length;
        }).QuickCheckThrowOnFailure();

    [TestCase(0, true)]
    [TestCase(1, true)]
    [TestCase(2, false)]
    [TestCase(255, false)]
    public void A_boolean_is_0_or_1(byte value, bool isOk)
    {
        var reader = new XdrReader([0, 0, 0, value]);
        Assert.That(reader.Boolean(), Is.EqualTo(value == 1));
        Assert.That(reader.IsOk, Is.EqualTo(isOk));
    }

    [TestCase(4, 4, true)]
    [TestCase(4, 3, false)]
    [TestCase(5, 5, false)]
    public void Opaque_data_has_its_bound_and_its_padding(byte length, int maximum, bool isOk)
    {
        // One byte beyond four asks for three bytes of padding, which are not there.
        var reader = new XdrReader([0, 0, 0, length, 1, 2, 3, 4, 5]);
        Assert.That(reader.Opaque(maximum).Length, Is.EqualTo(isOk ? length : 0));
        Assert.That(reader.IsOk, Is.EqualTo(isOk));
    }

    [Test]
    public void After_an_error_nothing_is_read_any_more()
    {
        var reader = new XdrReader([0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 7]);
        reader.UInt32AtMost(16);
        Assert.That(reader.UInt32(), Is.Zero);
        Assert.That(reader.IsOk, Is.False);
    }
}
