using Uss.Volumes;

namespace Uss.Target.Tests.Scsi;

public class ProvisioningTests
{
    private static readonly byte[] s_block = [.. Enumerable.Repeat((byte)0xA6, 512)];

    [Test]
    public void UnmapDiscardsEveryDescriptor()
    {
        using var rig = new ScsiRig();
        rig.Volume.Fill(0, 1 << 20, 0xFF);
        rig.Run(UnmapCdb(40), List((0, 8), (16, 1))).MustBeGood();
        Assert.That(rig.Volume.Log, Is.EqualTo(new[] { "discard 0+4096", "discard 8192+512" }));
        Assert.That(rig.Volume.Bytes.AsSpan(0, 4096).ContainsAnyExcept((byte)0), Is.False);
    }

    [Test]
    public void UnmapChecksAllBeforeItDoesAnything()
    {
        using var rig = new ScsiRig();
        rig.Run(UnmapCdb(40), List((0, 8), (2047, 2))).MustFail(5, 0x2100);
        rig.Run(UnmapCdb(24), List((ulong.MaxValue, 1))).MustFail(5, 0x2100);
        rig.Run(UnmapCdb(24), List((ulong.MaxValue - 7, uint.MaxValue))).MustFail(5, 0x2100);
        Assert.That(rig.Volume.Log, Is.Empty);
    }

    [Test]
    public void UnmapOfNothingIsGood()
    {
        using var rig = new ScsiRig();
        rig.Run(UnmapCdb(0)).MustBeGood();
        rig.Run(UnmapCdb(8), List()).MustBeGood();
        rig.Run(UnmapCdb(24), List((2048, 0))).MustBeGood();
        Assert.That(rig.Volume.Log, Is.Empty);
        rig.Run(UnmapCdb(7), List()).MustFail(5, 0x1A00);
    }

    [Test]
    public void UnmapIgnoresDescriptorsThatTheLengthsCutOff()
    {
        using var rig = new ScsiRig();
        rig.Run(UnmapCdb(39), List((0, 8), (16, 1))).MustBeGood();
        Assert.That(rig.Volume.Log, Is.EqualTo(new[] { "discard 0+4096" }));
    }

    [Test]
    public void UnmapHonoursItsLimits()
    {
        using var rig = new ScsiRig(new MemoryVolume("v0", 1L << 30));
        var descriptors = Enumerable.Repeat((0UL, 1u), 257).ToArray();
        rig.Run(UnmapCdb(8 + 16 * 257), List(descriptors)).MustFail(5, 0x2600);
        rig.Run(UnmapCdb(8 + 16 * 256), List(descriptors[..256])).MustBeGood();
        rig.Volume.Log.Clear();
        var answer = rig.Run(UnmapCdb(40), List((0, 1 << 20), (0, 1)));
        answer.MustFail(5, 0x2600);
        Assert.That(answer.Specific, Is.EqualTo("800020"));
        Assert.That(rig.Volume.Log, Is.Empty);
    }

    [TestCase("41 00 00 00 00 03 00 00 0A 00")]
    [TestCase("93 00 00 00 00 00 00 00 00 03 00 00 00 0A 00 00")]
    public void WriteSameRepeatsItsBlock(string cdb)
    {
        using var rig = new ScsiRig();
        rig.Run(cdb, s_block).MustBeGood();
        Assert.That(rig.Volume.Bytes.AsSpan(3 * 512, 10 * 512).ContainsAnyExcept((byte)0xA6), Is.False);
        Assert.That(rig.Volume.Bytes[2 * 512 + 511] | rig.Volume.Bytes[13 * 512], Is.Zero);
    }

    [TestCase("41 08 00 00 00 08 00 00 08 00", 512)]
    [TestCase("41 00 00 00 00 08 00 00 08 00", 512)]
    [TestCase("93 08 00 00 00 00 00 00 00 08 00 00 00 08 00 00", 512)]
    [TestCase("93 08 00 00 00 00 00 00 00 08 00 00 00 08 00 00", 512, 0xA6)]
    [TestCase("93 01 00 00 00 00 00 00 00 08 00 00 00 08 00 00", 0)]
    [TestCase("93 09 00 00 00 00 00 00 00 08 00 00 00 08 00 00", 0)]
    public void WriteSameOfZerosUnmaps(string cdb, int dataLength, byte value = 0)
    {
        using var rig = new ScsiRig();
        rig.Volume.Fill(0, 1 << 20, 0xFF);
        rig.Run(cdb, [.. Enumerable.Repeat(value, dataLength)]).MustBeGood();
        Assert.That(rig.Volume.Log, Is.EqualTo(new[] { "discard 4096+4096" }));
    }

    [Test]
    public void WriteSameWithoutLengthGoesToTheEnd()
    {
        using var rig = new ScsiRig();
        rig.Run("41 08 00 00 07 F0 00 00 00 00", new byte[512]).MustBeGood();
        Assert.That(rig.Volume.Log, Is.EqualTo(new[] { "discard 1040384+8192" }));
        rig.Run("41 08 00 00 08 01 00 00 00 00", new byte[512]).MustFail(5, 0x2100);
        rig.Run("41 08 FF FF FF FF 00 00 00 00", new byte[512]).MustFail(5, 0x2100);
    }

    [Test]
    public void WriteSameHonoursItsLimit()
    {
        using var rig = new ScsiRig(new MemoryVolume("v0", (16 << 20) + 4096));
        rig.Run("93 08 00 00 00 00 00 00 00 00 00 00 80 01 00 00", new byte[512]).MustFail(5, 0x2400);
        rig.Run("93 08 00 00 00 00 00 00 00 00 00 00 00 00 00 00", new byte[512]).MustFail(5, 0x2400);
        Assert.That(rig.Volume.Log, Is.Empty);
        rig.Run("93 08 00 00 00 00 00 00 00 00 00 00 80 00 00 00", new byte[512]).MustBeGood();
    }

    [TestCase("41 10 00 00 00 00 00 00 01 00")]
    [TestCase("41 18 00 00 00 00 00 00 01 00")]
    [TestCase("41 20 00 00 00 00 00 00 01 00")]
    [TestCase("93 10 00 00 00 00 00 00 00 00 00 00 00 01 00 00")]
    public void AnchorAndProtectionAreRefused(string cdb)
    {
        using var rig = new ScsiRig();
        rig.Run(cdb, s_block).MustFail(5, 0x2400);
        Assert.That(rig.Volume.Log, Is.Empty);
    }

    [TestCase(0)]
    [TestCase(256)]
    [TestCase(1024)]
    public void WriteSameTakesExactlyOneBlock(int length)
    {
        using var rig = new ScsiRig();
        var answer = rig.Run("41 00 00 00 00 00 00 00 01 00", new byte[length]);
        answer.MustFail(5, 0x0E03);
        Assert.That(answer.TransferLength, Is.EqualTo(512));
        Assert.That(rig.Volume.Log, Is.Empty);
    }

    [Test]
    public void LbaStatusMergesRuns()
    {
        using var rig = new ScsiRig();
        rig.Volume.Fill(0, 128 << 10, 1);
        var answer = rig.Run("9E 12 00 00 00 00 00 00 00 03 00 00 01 00 00 00");
        answer.MustBeGood();
        Assert.That(
            Convert.ToHexString(answer.Data),
            Is.EqualTo("0000002400000000" + "0000000000000003000000FD00000000" + "00000000000001000000070001000000"));

        var first = rig.Run("9E 12 00 00 00 00 00 00 00 00 00 00 00 18 00 00");
        Assert.That(Convert.ToHexString(first.Data), Is.EqualTo("0000001400000000" + "00000000000000000000010000000000"));
        rig.Run("9E 12 00 00 00 00 00 00 08 00 00 00 00 18 00 00").MustFail(5, 0x2100);
        Assert.That(rig.Run("9E 12 00 00 00 00 00 00 00 00 00 00 00 04 00 00").Data, Has.Length.EqualTo(4));
    }

    [Test]
    public void LbaStatusReportsFailures()
    {
        using var rig = new ScsiRig();
        rig.Volume.Failure = new VolumeResult(VolumeStatus.Unavailable);
        Assert.That(
            rig.Run("9E 12 00 00 00 00 00 00 00 00 00 00 00 18 00 00").Status, Is.EqualTo(Target.Scsi.ScsiStatus.Busy));
    }

    [TestCase("35 00 00 00 00 00 00 00 00 00", 1)]
    [TestCase("35 02 00 00 00 00 00 00 00 00", 0)]
    [TestCase("91 00 00 00 00 00 00 00 07 FF 00 00 00 01 00 00", 1)]
    public void SynchronizeCacheIsABarrier(string cdb, int flushes)
    {
        using var rig = new ScsiRig();
        rig.Run(cdb).MustBeGood();
        Assert.That(rig.Volume.Flushes, Is.EqualTo(flushes));
        rig.Run("35 00 00 00 07 FF 00 00 02 00").MustFail(5, 0x2100);
        rig.Volume.Failure = new VolumeResult(VolumeStatus.Unavailable);
        Assert.That(rig.Run("35 00 00 00 00 00 00 00 00 00").Status, Is.EqualTo(Target.Scsi.ScsiStatus.Busy));
    }

    [TestCase("34 00 00 00 07 FF 00 00 01 00", true)]
    [TestCase("34 02 00 00 00 00 03 00 00 00", true)]
    [TestCase("34 00 00 00 07 FF 00 00 02 00", false)]
    [TestCase("90 00 00 00 00 00 00 00 08 01 00 00 00 00 00 00", false)]
    public void PreFetchChecksItsExtent(string cdb, bool isGood)
    {
        using var rig = new ScsiRig();
        var answer = rig.Run(cdb);
        if (isGood)
            answer.MustBeGood();
        else
            answer.MustFail(5, 0x2100);
    }

    private static byte[] UnmapCdb(int length) => [0x42, 0, 0, 0, 0, 0, 0, (byte)(length >> 8), (byte)length, 0];

    private static byte[] List(params (ulong Lba, uint Count)[] descriptors)
    {
        var list = new byte[8 + 16 * descriptors.Length];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(list, (ushort)(list.Length - 2));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(list.AsSpan(2), (ushort)(list.Length - 8));
        for (var i = 0; i < descriptors.Length; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(list.AsSpan(8 + 16 * i), descriptors[i].Lba);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(list.AsSpan(16 + 16 * i), descriptors[i].Count);
        }

        return list;
    }
}
