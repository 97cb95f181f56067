using Uss.Volumes;

namespace Uss.Target.Tests.Scsi;

public class VerifyTests
{
    private static readonly byte[] s_pattern = [.. Enumerable.Range(0, 4096).Select(i => (byte)(i * 7))];

    [TestCase("2F 02 00 00 00 08 00 00 08 00")]
    [TestCase("AF 12 00 00 00 08 00 00 00 08 00 00")]
    [TestCase("8F 02 00 00 00 00 00 00 00 08 00 00 00 08 00 00")]
    public void VerifyComparesWhenAsked(string cdb)
    {
        using var rig = new ScsiRig();
        s_pattern.CopyTo(rig.Volume.Bytes, 4096);
        rig.Run(cdb, s_pattern).MustBeGood();
        var flipped = (byte[])s_pattern.Clone();
        flipped[^1] ^= 1;
        var answer = rig.Run(cdb, flipped);
        answer.MustFail(0xE, 0x1D00);
        Assert.That(answer.TransferLength, Is.EqualTo(4096));
    }

    [Test]
    public void VerifyWithoutComparisonReadsTheMedium()
    {
        using var rig = new ScsiRig();
        var answer = rig.Run("2F 00 00 00 00 08 00 00 08 00", s_pattern);
        answer.MustBeGood();
        Assert.That(answer.TransferLength, Is.Zero, "it takes no data");
        Assert.That(rig.Volume.Log, Is.EqualTo(new[] { "read 4096+4096" }));
        rig.Volume.Failure = new VolumeResult(VolumeStatus.Damaged, 4608);
        var damaged = rig.Run("2F 00 00 00 00 08 00 00 08 00");
        damaged.MustFail(3, 0x1100);
        Assert.That(damaged.Information, Is.EqualTo(9));
    }

    [Test]
    public void VerifyComparesEveryBlockWithOne()
    {
        using var rig = new ScsiRig();
        rig.Volume.Fill(0, 4096, 0x5A);
        var block = Enumerable.Repeat((byte)0x5A, 512).ToArray();
        rig.Run("2F 06 00 00 00 00 00 00 08 00", block).MustBeGood();
        rig.Run("2F 06 00 00 00 00 00 00 09 00", block).MustFail(0xE, 0x1D00);
        rig.Run("2F 04 00 00 00 00 00 00 08 00", block).MustFail(5, 0x2400);
    }

    [Test]
    public void LongVerifiesGoInChunks()
    {
        using var rig = new ScsiRig(new MemoryVolume("v0", 4 << 20));
        rig.Run("2F 00 00 00 00 01 00 0B B8 00 00").MustBeGood();
        Assert.That(rig.Volume.Log, Is.EqualTo(new[] { "read 512+1048576", "read 1049088+487424" }));
        var data = new byte[3000 * 512];
        data[^1] = 1;
        rig.Run("2F 02 00 00 00 01 00 0B B8 00 00", data).MustFail(0xE, 0x1D00);
        rig.Volume.Bytes[512 + data.Length - 1] = 1;
        rig.Run("2F 02 00 00 00 01 00 0B B8 00 00", data).MustBeGood();
    }

    [TestCase("2E 00 00 00 00 08 00 00 08 00")]
    [TestCase("2E 02 00 00 00 08 00 00 08 00")]
    [TestCase("AE 00 00 00 00 08 00 00 00 08 00 00")]
    [TestCase("8E 12 00 00 00 00 00 00 00 08 00 00 00 08 00 00")]
    public void WriteAndVerifyWritesAndReads(string cdb)
    {
        using var rig = new ScsiRig();
        rig.Run(cdb, s_pattern).MustBeGood();
        Assert.That(rig.Volume.Log, Is.EqualTo(new[] { "write 4096+4096", "read 4096+4096" }));
        Assert.That(rig.Volume.Bytes.AsSpan(4096, 4096).SequenceEqual(s_pattern));
    }

    [TestCase("2E 20 00 00 00 00 00 00 01 00")]
    [TestCase("2F 20 00 00 00 00 00 00 01 00")]
    [TestCase("2E 06 00 00 00 00 00 00 01 00")]
    [TestCase("2F 08 00 00 00 00 00 00 01 00")]
    public void WhatIsNotServedIsRefused(string cdb)
    {
        using var rig = new ScsiRig();
        rig.Run(cdb, s_pattern).MustFail(5, 0x2400);
        Assert.That(rig.Volume.Log, Is.Empty);
    }

    [Test]
    public void CompareAndWriteSwaps()
    {
        using var rig = new ScsiRig();
        rig.Volume.Fill(4096, 1024, 0x11);
        byte[] data = [.. Enumerable.Repeat((byte)0x11, 1024), .. Enumerable.Repeat((byte)0x22, 1024)];
        var answer = rig.Run("89 00 00 00 00 00 00 00 00 08 00 00 00 02 00 00", data);
        answer.MustBeGood();
        Assert.That(answer.TransferLength, Is.EqualTo(2048));
        Assert.That(rig.Volume.Bytes.AsSpan(4096, 1024).ContainsAnyExcept((byte)0x22), Is.False);
    }

    [TestCase(0)]
    [TestCase(513)]
    [TestCase(1023)]
    public void AMiscompareTellsTheOffset(int offset)
    {
        using var rig = new ScsiRig();
        rig.Volume.Fill(4096, 1024, 0x11);
        byte[] data = [.. Enumerable.Repeat((byte)0x11, 1024), .. Enumerable.Repeat((byte)0x22, 1024)];
        data[offset] = 0;
        var answer = rig.Run("89 00 00 00 00 00 00 00 00 08 00 00 00 02 00 00", data);
        answer.MustFail(0xE, 0x1D00);
        Assert.That(answer.HasInformation);
        Assert.That(answer.Information, Is.EqualTo(offset));
        Assert.That(rig.Volume.Bytes.AsSpan(4096, 1024).ContainsAnyExcept((byte)0x11), Is.False);
    }

    [TestCase(1024)]
    [TestCase(2047)]
    [TestCase(4096)]
    public void CompareAndWriteTakesExactlyItsData(int length)
    {
        using var rig = new ScsiRig();
        var answer = rig.Run("89 00 00 00 00 00 00 00 00 08 00 00 00 02 00 00", new byte[length]);
        answer.MustFail(5, 0x2400);
        Assert.That(rig.Volume.Log, Is.Empty);
        rig.Run("89 00 00 00 00 00 00 00 00 08 00 00 00 00 00 00").MustBeGood();
        rig.Run("89 00 00 00 00 00 00 00 07 FF 00 00 00 02 00 00", new byte[2048]).MustFail(5, 0x2100);
        rig.Run("89 00 00 00 00 00 00 00 00 08 00 00 01 02 00 00", new byte[2048]).MustFail(5, 0x2400);
    }
}
