using Uss.Target.Scsi;

namespace Uss.Target.Tests.Scsi;

public class OrWriteTests
{
    private const string OrWrite = "8B 00 00 00 00 00 00 00 00 08 00 00 00 08 00 00";

    [Test]
    public void BitsAreAdded()
    {
        using var rig = new ScsiRig();
        rig.Volume.Fill(4096, 4096, 0x5A);
        var answer = rig.Run(OrWrite, [.. Enumerable.Repeat((byte)0xA1, 4096)]);
        answer.MustBeGood();
        Assert.That(answer.TransferLength, Is.EqualTo(4096));
        Assert.That(rig.Volume.Bytes.AsSpan(4096, 4096).ContainsAnyExcept((byte)0xFB), Is.False);
        Assert.That(rig.Volume.Bytes[4095] | rig.Volume.Bytes[8192], Is.Zero);
    }

    [Test]
    public void AWriteInBetweenIsNotLost()
    {
        using var rig = new ScsiRig();
        var races = 3;
        rig.Volume.BeforeCompare = () =>
        {
            if (races-- > 0)
                rig.Volume.Bytes[5000 + races] = 0x10;
        };
        rig.Run(OrWrite, [.. Enumerable.Repeat((byte)0x01, 4096)]).MustBeGood();
        Assert.That(rig.Volume.Bytes.AsSpan(5000, 4).ToArray(), Is.EqualTo(new byte[] { 0x11, 0x11, 0x11, 0x01 }));
    }

    [Test]
    public void EndlessRacesEndWithBusy()
    {
        using var rig = new ScsiRig();
        rig.Volume.BeforeCompare = () => rig.Volume.Bytes[5000]++;
        Assert.That(rig.Run(OrWrite, new byte[4096]).Status, Is.EqualTo(ScsiStatus.Busy));
    }

    [Test]
    public void LongOnesGoInPieces()
    {
        using var rig = new ScsiRig(new MemoryVolume("v0", 16 << 20));
        rig.Run("8B 00 00 00 00 00 00 00 00 00 00 00 28 00 00 00", [.. Enumerable.Repeat((byte)0x01, 5 << 20)]).MustBeGood();
        Assert.That(rig.Volume.Log.Count(line => line.StartsWith("compare", StringComparison.Ordinal)), Is.EqualTo(2));
        Assert.That(rig.Volume.Bytes.AsSpan(0, 5 << 20).ContainsAnyExcept((byte)0x01), Is.False);
        Assert.That(rig.Volume.Bytes[5 << 20], Is.Zero);
    }

    [Test]
    public void WriteAtomicIsOneWriteWithinAnObject()
    {
        using var rig = new ScsiRig(new MemoryVolume("v0", 16 << 20));
        rig.Run("9C 00 00 00 00 00 00 00 00 03 00 00 00 05 00 00", new byte[5 * 512]).MustBeGood();
        Assert.That(rig.Volume.Log, Is.EqualTo(new[] { "write 1536+2560" }));
        rig.Run("9C 00 00 00 00 00 00 00 1F FF 00 00 00 02 00 00", new byte[1024]).MustFail(5, 0x2400);
        rig.Run("9C 00 00 00 00 00 00 00 00 00 00 00 08 01 00 00", new byte[2049 * 512]).MustFail(5, 0x2400);
        rig.Run("9C 00 00 00 00 00 00 00 00 00 00 00 00 02 00 00", new byte[512]).MustFail(5, 0x0E03);
        rig.Run("9C 00 00 00 00 00 00 00 00 00 00 01 00 02 00 00", new byte[1024]).MustFail(5, 0x2400);
        rig.Run("9C 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00").MustBeGood();
        Assert.That(rig.Volume.Log, Has.Count.EqualTo(1));
    }

    [Test]
    public void LogSenseReportsUsageWhereItIsKnown()
    {
        using var rig = new ScsiRig(null, name => name == "v0" ? new ThinUsage(5 << 20, 3L << 30) : null);
        Assert.That(Convert.ToHexString(rig.Run("4D 00 40 00 00 00 00 00 FF 00").Data), Is.EqualTo("00000002" + "000C"));
        Assert.That(Convert.ToHexString(rig.Run("4D 00 40 FF 00 00 00 00 FF 00").Data), Is.EqualTo("40FF0006" + "000000FF0C00"));
        Assert.That(
            Convert.ToHexString(rig.Run("4D 00 4C 00 00 00 00 00 FF 00").Data),
            Is.EqualTo("0C000018" + "0001030800000C0002000000" + "000203080000000501000000"));
        Assert.That(rig.Run("4D 00 4C 00 00 00 02 00 FF 00").Data, Has.Length.EqualTo(16));
        rig.Run("4D 00 4C 00 00 00 03 00 FF 00").MustFail(5, 0x2400);
        rig.Run("4D 00 4D 00 00 00 00 00 FF 00").MustFail(5, 0x2400);
        rig.Run("4D 00 4C 01 00 00 00 00 FF 00").MustFail(5, 0x2400);
        Assert.That(rig.Run("12 01 B2 00 FF 00").Data[4], Is.EqualTo(11), "THRESHOLD EXPONENT");

        using var silent = new ScsiRig();
        silent.Run("4D 00 4C 00 00 00 00 00 FF 00").MustFail(5, 0x2400);
        Assert.That(Convert.ToHexString(silent.Run("4D 00 00 00 00 00 00 00 FF 00").Data), Is.EqualTo("00000001" + "00"));
    }
}
