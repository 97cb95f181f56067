namespace Uss.Host.Cli;

public sealed class ByteSizeTests
{
    [TestCase("512", 512)]
    [TestCase("1K", 1024)]
    [TestCase("64k", 65536)]
    [TestCase("20G", 20L << 30)]
    [TestCase("20GiB", 20L << 30)]
    [TestCase("20GB", 20L << 30)]
    [TestCase("1.5T", 3L << 39)]
    [TestCase("0.5K", 512)]
    [TestCase(" 7M ", 7L << 20)]
    [TestCase("7 M", 7L << 20)]
    [TestCase("7E", 7L << 60)]
    public void GoodSizesAreRead(string text, long sizeBytes)
    {
        Assert.That(ByteSize.TryParse(text, out var parsed, out var reason), Is.True, reason);
        Assert.That(parsed, Is.EqualTo(sizeBytes));
    }

    [TestCase("", "no size")]
    [TestCase("G", "no size")]
    [TestCase("five", "no size")]
    [TestCase("5x", "no size")]
    [TestCase("-5G", "no size")]
    [TestCase("1e3", "no size")]
    [TestCase("5,5G", "no size")]
    [TestCase("0", "not more than nothing")]
    [TestCase("0G", "not more than nothing")]
    [TestCase("513", "multiple of 512")]
    [TestCase("1.0001K", "whole number of bytes")]
    [TestCase("8E", "larger than 8 EiB")]
    [TestCase("99999999999999999999999999T", "larger than 8 EiB")]
    [TestCase("i", "no size")]
    [TestCase("iB", "no size")]
    public void BadSizesSayWhy(string text, string why)
    {
        Assert.That(ByteSize.TryParse(text, out _, out var reason), Is.False);
        Assert.That(reason, Does.Contain(why));
    }

    [TestCase(0, "0 B")]
    [TestCase(512, "512 B")]
    [TestCase(1536, "1.5 KiB")]
    [TestCase(10L << 30, "10 GiB")]
    [TestCase((1L << 40) + (1L << 30), "1 TiB")]
    [TestCase(long.MaxValue, "8 EiB")]
    public void SizesArePrintedForPeople(long sizeBytes, string text) => Assert.That(ByteSize.Format(sizeBytes), Is.EqualTo(text));

    [Test]
    public void WhatIsPrintedIsReadBack()
    {
        for (var shift = 9; shift < 63; shift++)
        {
            Assert.That(ByteSize.TryParse(ByteSize.Format(1L << shift), out var parsed, out var reason), Is.True, reason);
            Assert.That(parsed, Is.EqualTo(1L << shift));
        }
    }
}
