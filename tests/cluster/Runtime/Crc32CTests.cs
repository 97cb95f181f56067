namespace Uss.Runtime.Tests;

public sealed class Crc32CTests
{
    // RFC 3720, B.4: digests are shown there in the order of their bytes on the wire, least significant first.
    private static readonly byte[] ReadCommand =
    [
        0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18,
        0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    ];

    public static IEnumerable<TestCaseData> Vectors()
    {
        var rising = Enumerable.Range(0, 32).Select(i => (byte)i).ToArray();
        yield return new TestCaseData(new byte[32], 0x8a9136aau).SetArgDisplayNames("zeros");
        yield return new TestCaseData(Enumerable.Repeat((byte)0xff, 32).ToArray(), 0x62a8ab43u).SetArgDisplayNames("ones");
        yield return new TestCaseData(rising, 0x46dd794eu).SetArgDisplayNames("rising");
        yield return new TestCaseData(rising.Reverse().ToArray(), 0x113fdb5cu).SetArgDisplayNames("falling");
        yield return new TestCaseData(ReadCommand, 0xd9963a56u).SetArgDisplayNames("read command");
        yield return new TestCaseData("123456789"u8.ToArray(), 0xe3069283u).SetArgDisplayNames("check value");
        yield return new TestCaseData(Array.Empty<byte>(), 0u).SetArgDisplayNames("empty");
    }

    [TestCaseSource(nameof(Vectors))]
    public void Known_answers(byte[] data, uint expected)
    {
        Assert.That(Crc32C.Compute(data), Is.EqualTo(expected));
        Assert.That(Crc32CSoftware.Append(0, data), Is.EqualTo(expected));
    }

    [Test]
    public void Hardware_and_software_agree_on_every_length_and_alignment()
    {
        var random = new SeededRandom(7);
        var bytes = new byte[20_000];
        random.Fill(bytes);
        for (var length = 0; length < 1_100; length++)
        {
            var data = bytes.AsSpan(random.Next(64), length);
            Assert.That(Crc32C.Compute(data), Is.EqualTo(Crc32CSoftware.Append(0, data)), $"length {length}");
        }

        for (var i = 0; i < 1_000; i++)
        {
            var data = bytes.AsSpan(random.Next(64), random.Next(bytes.Length - 64));
            var start = (uint)random.NextUInt64();
            Assert.That(Crc32C.Append(start, data), Is.EqualTo(Crc32CSoftware.Append(start, data)), $"length {data.Length}");
        }
    }

    [Test]
    public void Software_agrees_with_the_definition_bit_by_bit()
    {
        var data = new byte[333];
        new SeededRandom(8).Fill(data);
        var crc = ~0u;
        foreach (var b in data)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        Assert.That(Crc32CSoftware.Append(0, data), Is.EqualTo(~crc));
    }

    [Test]
    public void Pieces_combine_and_append_to_the_whole()
    {
        var random = new SeededRandom(9);
        var data = new byte[30_000];
        random.Fill(data);
        var whole = Crc32C.Compute(data);
        for (var i = 0; i < 200; i++)
        {
            var cut = i < 2 ? i * data.Length : random.Next(data.Length);
            var first = Crc32C.Compute(data.AsSpan(0, cut));
            var second = Crc32C.Compute(data.AsSpan(cut));
            Assert.That(Crc32C.Append(first, data.AsSpan(cut)), Is.EqualTo(whole));
            Assert.That(Crc32C.Combine(first, second, data.Length - cut), Is.EqualTo(whole));
        }
    }
}
