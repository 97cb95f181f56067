using Uss.Target.Scsi;

namespace Uss.Target.Tests.Scsi;

public class NexusTests
{
    private const string Ready = "00 00 00 00 00 00";
    private const string Luns = "A0 00 00 00 00 00 00 00 10 00 00 00";

    [Test]
    public void ANewNexusReportsPowerOnOncePerUnit()
    {
        using var rig = new ScsiRig(new MemoryVolume("v0", 1 << 20), new MemoryVolume("v1", 1 << 20, 2));
        var nexus = rig.Attach();
        rig.Run("12 00 00 00 24 00", nexus: nexus).MustBeGood();
        rig.Run(Luns, nexus: nexus).MustBeGood();
        rig.Run(Ready, nexus: nexus).MustFail(6, 0x2900);
        rig.Run(Ready, nexus: nexus).MustBeGood();
        rig.Run("C0 00 00 00 00 00", nexus: nexus, lun: 1UL << 48).MustFail(6, 0x2900);
        rig.Run("C0 00 00 00 00 00", nexus: nexus, lun: 1UL << 48).MustFail(5, 0x2000);
    }

    [Test]
    public void RequestSenseTakesAUnitAttentionAsData()
    {
        using var rig = new ScsiRig();
        var nexus = rig.Attach();
        var sense = rig.Run("03 00 00 00 FC 00", nexus: nexus);
        sense.MustBeGood();
        Assert.That(Convert.ToHexString(sense.Data), Is.EqualTo("700006000000000A00000000290000000000"));
        var empty = rig.Run("03 00 00 00 FC 00", nexus: nexus);
        Assert.That(Convert.ToHexString(empty.Data), Is.EqualTo("700000000000000A00000000000000000000"));
        Assert.That(Convert.ToHexString(rig.Run("03 01 00 00 FC 00", nexus: nexus).Data), Is.EqualTo("7200000000000000"));
        Assert.That(rig.Run("03 00 00 00 08 00", nexus: nexus).Data, Has.Length.EqualTo(8));
    }

    [Test]
    public void ALunWithoutAUnitAnswersOnlyQuestions()
    {
        using var rig = new ScsiRig();
        const ulong lun = 9UL << 48;
        rig.Run(Ready, lun: lun).MustFail(5, 0x2500);
        rig.Run("28 00 00 00 00 00 00 00 01 00", lun: lun).MustFail(5, 0x2500);
        rig.Run("C0 00 00 00 00 00", lun: lun).MustFail(5, 0x2500);
        rig.Run(Luns, lun: lun).MustBeGood();
        Assert.That(Convert.ToHexString(rig.Run("03 00 00 00 FC 00", lun: lun).Data), Is.EqualTo("700005000000000A00000000250000000000"));
        Assert.That(rig.Device.HasLogicalUnit(rig.Nexus, lun), Is.False);
        Assert.That(rig.Device.ResetLogicalUnit(rig.Nexus, lun), Is.False);
    }

    [TestCase("A0 00 00 00 00 00 00 00 10 00 00 00", "0000001800000000" + "0000000000000000" + "0001000000000000" + "0007000000000000")]
    [TestCase("A0 00 01 00 00 00 00 00 10 00 00 00", "0000000800000000" + "C101000000000000")]
    [TestCase("A0 00 02 00 00 00 00 00 00 18 00 00", "0000002000000000" + "0000000000000000" + "0001000000000000")]
    [TestCase("A0 00 00 00 00 00 00 00 00 00 00 00", "")]
    public void ReportLunsByteByByte(string cdb, string expected)
    {
        using var rig = new ScsiRig();
        rig.Configuration = rig.Configuration with
        {
            Luns = [new(7, "v0"), new(0, "v0"), new(1, "v0"), new(2, "missing"), new(3, "v0", ScsiRig.OtherInitiator)],
        };
        rig.Apply();
        var answer = rig.Run(cdb);
        answer.MustBeGood();
        Assert.That(Convert.ToHexString(answer.Data), Is.EqualTo(expected));
        rig.Run("A0 00 03 00 00 00 00 00 10 00 00 00").MustFail(5, 0x2400);
    }

    [Test]
    public void LunsAreReportedWithoutLun0()
    {
        using var rig = new ScsiRig();
        rig.Configuration = rig.Configuration with { Luns = [new(5, "v0")] };
        rig.Apply();
        Assert.That(Convert.ToHexString(rig.Run(Luns).Data), Is.EqualTo("0000000800000000" + "0005000000000000"));
        rig.Run(Ready).MustFail(5, 0x2500);
        rig.Run(Ready, lun: 0x4005UL << 48).MustBeGood();
        rig.Run(Ready, lun: 0x0105UL << 48).MustFail(5, 0x2500);
        rig.Run(Ready, lun: (5UL << 48) + 1).MustFail(5, 0x2500);
    }

    [Test]
    public void AMappingForAnInitiatorGoesFirstAndIsItsOwn()
    {
        using var rig = new ScsiRig(new MemoryVolume("v0", 1 << 20), new MemoryVolume("v1", 2 << 20, 2));
        rig.Configuration = rig.Configuration with
        {
            Luns = [new(0, "v0"), new(0, "v1", ScsiRig.OtherInitiator), new(4, "v1", ScsiRig.OtherInitiator)],
        };
        rig.Apply();
        var other = rig.AttachOther();
        rig.ClearUnitAttentions(rig.Nexus);
        Assert.That(Convert.ToHexString(rig.Run("25 00 00 00 00 00 00 00 00 00").Data), Is.EqualTo("000007FF00000200"));
        Assert.That(Convert.ToHexString(rig.Run("25 00 00 00 00 00 00 00 00 00", nexus: other).Data), Is.EqualTo("00000FFF00000200"));
        rig.Run(Ready, lun: 4UL << 48).MustFail(5, 0x2500);
        rig.Run(Ready, lun: 4UL << 48, nexus: other).MustBeGood();
    }

    [Test]
    public void AChangedMapIsToldOnce()
    {
        using var rig = new ScsiRig(new MemoryVolume("v0", 1 << 20), new MemoryVolume("v1", 2 << 20, 2));
        rig.Apply();
        rig.Run(Ready).MustBeGood();
        rig.Configuration = rig.Configuration with { Luns = [new(0, "v0"), new(1, "v1"), new(2, "v1")] };
        rig.Apply();
        rig.Run(Ready).MustFail(6, 0x3F0E);
        rig.Run(Ready, lun: 1UL << 48).MustBeGood();
        rig.Configuration = rig.Configuration with { Luns = [new(0, "v0")] };
        rig.Apply();
        rig.Run(Luns).MustBeGood();
        rig.Run(Ready).MustBeGood();
        rig.Run(Ready, lun: 1UL << 48).MustFail(5, 0x2500);
    }

    [Test]
    public void AResizeIsToldAndReported()
    {
        using var rig = new ScsiRig();
        var other = rig.AttachOther();
        rig.Volume.Resize(2 << 20);
        rig.Device.NotifyResized("v0");
        rig.Device.NotifyResized("nobody");
        rig.Run(Ready).MustFail(6, 0x2A09);
        rig.Run(Ready, nexus: other).MustFail(6, 0x2A09);
        var capacity = rig.Run("9E 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00");
        Assert.That(Convert.ToHexString(capacity.Data), Is.EqualTo("0000000000000FFF" + "00000200" + "0003C000" + new string('0', 32)));
        rig.Run("28 00 00 00 0F FF 00 00 01 00").MustBeGood();
    }

    [Test]
    public void AskingForTheCapacityFindsAnUntoldResize()
    {
        using var rig = new ScsiRig();
        var other = rig.AttachOther();
        rig.Volume.Resize(2 << 20);
        Assert.That(Convert.ToHexString(rig.Run("25 00 00 00 00 00 00 00 00 00").Data), Is.EqualTo("00000FFF00000200"));
        rig.Run(Ready).MustBeGood();
        rig.Run(Ready, nexus: other).MustFail(6, 0x2A09);
    }

    [Test]
    public void AThinThresholdIsTold()
    {
        using var rig = new ScsiRig();
        rig.Device.NotifyThinThreshold("v0");
        rig.Run(Ready).MustFail(6, 0x3807);
    }

    [Test]
    public void ResetsAreToldToEveryone()
    {
        using var rig = new ScsiRig(new MemoryVolume("v0", 1 << 20), new MemoryVolume("v1", 2 << 20, 2));
        var other = rig.AttachOther();
        Assert.That(rig.Device.ResetLogicalUnit(rig.Nexus, 0));
        rig.Run(Ready).MustFail(6, 0x2903);
        rig.Run(Ready, nexus: other).MustFail(6, 0x2903);
        rig.Run(Ready, lun: 1UL << 48).MustBeGood();
        rig.Device.ResetTarget(rig.Nexus);
        rig.Run(Ready, lun: 1UL << 48).MustFail(6, 0x2902);
        rig.Run(Ready, nexus: other).MustFail(6, 0x2902);
    }

    [Test]
    public void AClearedTaskSetIsToldToThoseWhoLost()
    {
        using var rig = new ScsiRig();
        var other = rig.AttachOther();
        var third = rig.Attach("iqn.2026-11.test:third");
        rig.ClearUnitAttentions(third);
        Assert.That(rig.Device.ClearTaskSet(rig.Nexus, 0, [rig.Nexus, other]));
        rig.Run(Ready).MustBeGood();
        rig.Run(Ready, nexus: third).MustBeGood();
        rig.Run(Ready, nexus: other).MustFail(6, 0x2F00);
        Assert.That(rig.Device.ClearTaskSet(rig.Nexus, 7UL << 48, []), Is.False);
    }

    [Test]
    public void ADetachedNexusIsForgotten()
    {
        using var rig = new ScsiRig();
        var other = rig.AttachOther();
        rig.Device.DetachNexus(other);
        rig.Device.DetachNexus(other);
        rig.Device.ResetLogicalUnit(rig.Nexus, 0);
        Assert.That(rig.Device.HasLogicalUnit(other, 0), Is.False);
    }

    [Test]
    public void AVolumeReplacedUnderItsNameIsAnotherUnit()
    {
        using var rig = new ScsiRig();
        rig.Volumes["v0"] = new MemoryVolume("v0", 4 << 20, 77);
        rig.Apply();
        rig.Run(Ready).MustFail(6, 0x3F0E);
        Assert.That(Convert.ToHexString(rig.Run("25 00 00 00 00 00 00 00 00 00").Data), Is.EqualTo("00001FFF00000200"));
    }

    [TestCase("1B 00 00 00 01 00", true)]
    [TestCase("1B 01 00 00 00 00", true)]
    [TestCase("1B 00 00 00 30 00", true)]
    [TestCase("1B 00 00 00 02 00", false)]
    [TestCase("1B 00 00 00 40 00", false)]
    [TestCase("1E 00 00 00 01 00", true)]
    [TestCase("1E 00 00 00 02 00", false)]
    [TestCase("37 00 08 00 00 00 00 00 20 00", true)]
    [TestCase("B7 08 00 00 00 00 00 00 00 20 00 00", true)]
    public void UnitControl(string cdb, bool isGood)
    {
        using var rig = new ScsiRig();
        var answer = rig.Run(cdb);
        if (isGood)
            answer.MustBeGood();
        else
            answer.MustFail(5, 0x2400);
    }

    [Test]
    public void TheWellKnownUnitReportsLuns()
    {
        using var rig = new ScsiRig();
        rig.Run(Ready, lun: LunAddress.ReportLunsWellKnown).MustBeGood();
        rig.Run(Luns, lun: LunAddress.ReportLunsWellKnown).MustBeGood();
        rig.Run("28 00 00 00 00 00 00 00 01 00", lun: LunAddress.ReportLunsWellKnown).MustFail(5, 0x2000);
        Assert.That(rig.Run("03 00 00 00 FC 00", lun: LunAddress.ReportLunsWellKnown).Data[2], Is.Zero);
    }
}
