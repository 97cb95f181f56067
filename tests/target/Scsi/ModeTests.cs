namespace Uss.Target.Tests.Scsi;

public class ModeTests
{
    private const string Caching = "0812000000000000000000000000000000000000";
    private const string Control = "0A0A00100000" + "0000FFFF0000";
    private const string ControlExtension = "4A01001C" + "00000000000000000000000000000000000000000000000000000000";
    private const string Exceptions = "1C0A08000000000000000000";
    private const string Provisioning = "5C02000C000000000000000000000000";

    [TestCase("1A 00 08 00 FF 00", "1F001008" + "0000080000000200" + Caching)]
    [TestCase("1A 08 08 00 FF 00", "17001000" + Caching)]
    [TestCase("1A 08 0A 00 FF 00", "0F001000" + Control)]
    [TestCase("1A 08 0A 01 FF 00", "23001000" + ControlExtension)]
    [TestCase("1A 08 0A FF FF 00", "2F001000" + Control + ControlExtension)]
    [TestCase("1A 08 3F 00 FF 00", "2F001000" + Caching + Control + Exceptions)]
    [TestCase("1A 08 3F FF FF 00", "5F001000" + Caching + Control + ControlExtension + Exceptions + Provisioning)]
    [TestCase("1A 08 4A 00 FF 00", "0F001000" + "0A0A04000800000000000000")]
    [TestCase("1A 08 8A 00 FF 00", "0F001000" + Control)]
    [TestCase("1A 08 1C 02 FF 00", "13001000" + Provisioning)]
    [TestCase("5A 00 08 00 00 00 00 00 FF 00", "0022001000000008" + "0000080000000200" + Caching)]
    [TestCase("5A 10 08 00 00 00 00 00 FF 00", "002A001001000010" + "00000000000008000000000000000200" + Caching)]
    [TestCase("1A 08 3F 00 04 00", "2F001000")]
    public void PagesByteByByte(string cdb, string expected)
    {
        using var rig = new ScsiRig();
        var answer = rig.Run(cdb);
        answer.MustBeGood();
        Assert.That(Convert.ToHexString(answer.Data), Is.EqualTo(expected));
    }

    [TestCase("1A 08 CA 00 FF 00", 0x3900, "000000")]
    [TestCase("1A 08 07 00 FF 00", 0x2400, "CD0002")]
    [TestCase("1A 08 0A 02 FF 00", 0x2400, "C00003")]
    [TestCase("1A 08 3F 01 FF 00", 0x2400, "C00003")]
    [TestCase("1A 01 3F 00 FF 00", 0x2400, "C80001")]
    public void WhatThereIsNotIsRefused(string cdb, int code, string pointer)
    {
        using var rig = new ScsiRig();
        var answer = rig.Run(cdb);
        answer.MustFail(5, code);
        Assert.That(answer.Specific, Is.EqualTo(pointer));
    }

    [Test]
    public void SoftwareWriteProtectionIsForAllNexusesUntilAReset()
    {
        using var rig = new ScsiRig();
        var other = rig.AttachOther();
        rig.Run("15 10 00 00 10 00", Select("0A0A00100800" + "0000FFFF0000")).MustBeGood();
        Assert.That(rig.Run("1A 08 0A 00 FF 00").Data[2], Is.EqualTo(0x90));
        rig.Run("2A 00 00 00 00 00 00 00 01 00", new byte[512]).MustFail(7, 0x2702);
        rig.Run("2A 00 00 00 00 00 00 00 01 00", new byte[512], nexus: other).MustFail(6, 0x2A01);
        rig.Run("2A 00 00 00 00 00 00 00 01 00", new byte[512], nexus: other).MustFail(7, 0x2702);
        Assert.That(rig.Volume.Log, Is.Empty);

        Assert.That(rig.Run("1A 08 8A 00 FF 00").Data[8] & 0x08, Is.Zero, "the default is unprotected");
        Assert.That(rig.Device.ResetLogicalUnit(rig.Nexus, 0));
        rig.Run("00 00 00 00 00 00").MustFail(6, 0x2903);
        rig.Run("2A 00 00 00 00 00 00 00 01 00", new byte[512]).MustBeGood();
    }

    [Test]
    public void DescriptorSenseCarriesTheSameFacts()
    {
        using var rig = new ScsiRig();
        var list = Convert.FromHexString("0000000000000000" + "0A0A04100000" + "0000FFFF0000");
        rig.Run("55 10 00 00 00 00 00 00 14 00", list).MustBeGood();
        var range = rig.Run("28 00 00 00 08 00 00 00 01 00");
        Assert.That(Convert.ToHexString(range.Sense), Is.EqualTo("7205210000000000"));
        var field = rig.Run("28 20 00 00 00 00 00 00 01 00");
        Assert.That(Convert.ToHexString(field.Sense), Is.EqualTo("7205240000000008" + "02060000CD000100"));
        rig.Volume.Failure = new Volumes.VolumeResult(Volumes.VolumeStatus.Damaged, 0x3000);
        var damage = rig.Run("28 00 00 00 00 00 00 00 40 00");
        Assert.That(Convert.ToHexString(damage.Sense), Is.EqualTo("720311000000000C" + "000A80000000000000000018"));
    }

    // What cannot be changed must come as it is; nothing of a refused list takes effect.
    [TestCase("00000000" + "0A0A00110000" + "0000FFFF0000", 0x2600, "880007")]
    [TestCase("00000000" + "0A0A04100800" + "0000FFFF0000" + "0812040000000000000000000000000000000000", 0x2600, "8A0012")]
    [TestCase("00000000" + "0A0B00100000" + "0000FFFF000000", 0x2600, "800005")]
    [TestCase("00000000" + "0B0A00100000" + "0000FFFF0000", 0x2600, "8D0004")]
    [TestCase("00010000" + "0A0A00100000" + "0000FFFF0000", 0x2600, "800001")]
    [TestCase("00000008" + "0000080000000400" + "0A0A001000000000FFFF0000", 0x2600, "800004")]
    [TestCase("00000007" + "00000800000002", 0x2600, "800003")]
    [TestCase("00000008" + "00000800", 0x1A00, "000000")]
    [TestCase("00000000" + "0A0A00100000", 0x1A00, "000000")]
    [TestCase("00000000" + "0A", 0x1A00, "000000")]
    [TestCase("000000", 0x1A00, "000000")]
    public void ABadListIsRefused(string list, int code, string pointer)
    {
        using var rig = new ScsiRig();
        var bytes = Convert.FromHexString(list);
        var answer = rig.Run([0x15, 0x10, 0, 0, (byte)bytes.Length, 0], bytes);
        answer.MustFail(5, code);
        Assert.That(answer.Specific, Is.EqualTo(pointer));
        Assert.That(Convert.ToHexString(rig.Run("1A 08 0A 00 FF 00").Data), Does.EndWith(Control));
    }

    [Test]
    public void GoodListsAreTaken()
    {
        using var rig = new ScsiRig();
        rig.Run("15 10 00 00 00 00").MustBeGood();
        rig.Run("15 10 00 00 04 00", [0, 0, 0x80, 0]).MustBeGood();
        rig.Run("15 10 00 00 0C 00", Convert.FromHexString("00000008" + "0000080000000200")).MustBeGood();
        rig.Run("15 11 00 00 04 00", [0, 0, 0, 0]).MustFail(5, 0x2400);
        var list = Convert.FromHexString("0000000001000010" + "00000000000008000000000000000200");
        rig.Run("55 10 00 00 00 00 00 00 18 00", list).MustBeGood();
    }

    private static byte[] Select(string page) => [0, 0, 0, 0, .. Convert.FromHexString(page)];
}
