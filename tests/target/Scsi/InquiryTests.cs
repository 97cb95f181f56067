using System.Text;
using Uss.Target.Scsi;

namespace Uss.Target.Tests.Scsi;

public class InquiryTests
{
    [Test]
    public void StandardDataByteByByte()
    {
        using var rig = new ScsiRig();
        var answer = rig.Run("12 00 00 00 FF 00");
        answer.MustBeGood();
        Assert.That(
            Convert.ToHexString(answer.Data),
            Is.EqualTo(
                "000006125B081002" + Hex("USS     ") + Hex("Virtual Volume  ") + Hex("1   ") + new string('0', 44)
                + "00A0" + "0460" + "04C0" + "0960" + new string('0', 60)));
        Assert.That(answer.TransferLength, Is.EqualTo(96));
    }

    [TestCase(0)]
    [TestCase(5)]
    [TestCase(36)]
    [TestCase(96)]
    [TestCase(512)]
    public void TheAllocationLengthTruncates(int length)
    {
        using var rig = new ScsiRig();
        var answer = rig.Run([0x12, 0, 0, (byte)(length >> 8), (byte)length, 0]);
        answer.MustBeGood();
        Assert.That(answer.Data, Has.Length.EqualTo(Math.Min(96, length)));
        if (length >= 5)
            Assert.That(answer.Data[4], Is.EqualTo(91), "ADDITIONAL LENGTH is not adjusted");
    }

    [Test]
    public void APageCodeWithoutEvpdIsRefused()
    {
        using var rig = new ScsiRig();
        var answer = rig.Run("12 00 80 00 FF 00");
        answer.MustFail(5, 0x2400);
        Assert.That(answer.Specific, Is.EqualTo("C00002"));
        rig.Run("12 01 81 00 FF 00").MustFail(5, 0x2400);
        rig.Run("12 02 00 00 FF 00").MustFail(5, 0x2400);
    }

    [Test]
    public void PagesAreListedInOrderAndAllCanBeRead()
    {
        using var rig = new ScsiRig();
        var pages = rig.Run("12 01 00 00 FF 00").Data;
        Assert.That(Convert.ToHexString(pages), Is.EqualTo("00000008" + "008083868FB0B1B2"));
        foreach (var page in pages[4..])
        {
            var answer = rig.Run([0x12, 1, page, 4, 0, 0]);
            answer.MustBeGood();
            Assert.That(answer.Data[1], Is.EqualTo(page));
            Assert.That(answer.Data, Has.Length.EqualTo(4 + (answer.Data[2] << 8 | answer.Data[3])));
        }
    }

    [Test]
    public void IdentityDerivesFromTheVolume()
    {
        using var rig = new ScsiRig(new MemoryVolume("v0", 1 << 20, 0xF123_4567_89AB_CDEF));
        Assert.That(Encoding.ASCII.GetString(rig.Run("12 01 80 00 FF 00").Data[4..]), Is.EqualTo("f123456789abcdef"));
        var page = Convert.ToHexString(rig.Run("12 01 83 04 00 00").Data);
        Assert.That(page, Does.StartWith("0083"));

        // NAA locally assigned; T10 vendor id; relative target port 1; target port group 1.
        Assert.That(page, Does.Contain("01030008" + "3123456789ABCDEF"));
        Assert.That(page, Does.Contain("02010018" + Hex("USS     f123456789abcdef")));
        Assert.That(page, Does.Contain("51940004" + "00000001"));
        Assert.That(page, Does.Contain("51950004" + "00000001"));
        Assert.That(page, Does.Contain("03080018" + Hex("naa.3123456789ABCDEF") + "00000000"));
        Assert.That(page, Does.Contain("5398" + "0028" + Hex("iqn.2026-11.local.uss:default,t,0x0001") + "0000"));
        Assert.That(page, Does.Contain("53A8" + "0020" + Hex("iqn.2026-11.local.uss:default") + "000000"));
    }

    [Test]
    public void BlockLimitsByteByByte()
    {
        using var rig = new ScsiRig();
        Assert.That(
            Convert.ToHexString(rig.Run("12 01 B0 00 FF 00").Data),
            Is.EqualTo("00B0003C" + "00FF0008" + "00008000" + "00000800" + "00000000" + "00100000" + "00000100" + "00000008"
                + "80000000" + "0000000000008000" + "00000800" + new string('0', 32)));
    }

    [Test]
    public void ExtendedInquiryByteByByte()
    {
        using var rig = new ScsiRig();
        Assert.That(
            Convert.ToHexString(rig.Run("12 01 86 00 FF 00").Data),
            Is.EqualTo("0086003C" + "0007000100000000" + "0040" + new string('0', 100)));
    }

    [Test]
    public void ProvisioningIsThinAndReadsZeros()
    {
        using var rig = new ScsiRig();
        Assert.That(Convert.ToHexString(rig.Run("12 01 B2 00 FF 00").Data), Is.EqualTo("00B20004" + "00E40200"));
        Assert.That(Convert.ToHexString(rig.Run("12 01 B1 00 FF 00").Data[..8]), Is.EqualTo("00B1003C" + "00010000"));
    }

    [Test]
    public void ALunWithoutAUnitSaysSo()
    {
        using var rig = new ScsiRig();
        Assert.That(rig.Run("12 00 00 00 FF 00", lun: 5UL << 48).Data[0], Is.EqualTo(0x7F));
        Assert.That(Convert.ToHexString(rig.Run("12 01 00 00 FF 00", lun: 5UL << 48).Data), Is.EqualTo("7F000001" + "00"));
        rig.Run("12 01 83 00 FF 00", lun: 5UL << 48).MustFail(5, 0x2400);
        Assert.That(rig.Run("12 00 00 00 FF 00", lun: LunAddress.ReportLunsWellKnown).Data[0], Is.EqualTo(0x1E));
    }

    private static string Hex(string text) => Convert.ToHexString(Encoding.ASCII.GetBytes(text));
}
