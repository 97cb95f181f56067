using Uss.Target.Scsi;
using Uss.Target.Scsi.Reservations;
using Uss.Volumes;
using static Uss.Target.Tests.Scsi.Reservations.ReservationCommands;

namespace Uss.Target.Tests.Scsi.Reservations;

public class PersistentReservationTests
{
    private const string Inquiry = "12 00 00 00 24 00";
    private const string ReadCapacity = "25 00 00 00 00 00 00 00 00 00";
    private const string SynchronizeCache = "35 00 00 00 00 00 00 00 00 00";
    private const string Unmap = "42 00 00 00 00 00 00 00 00 00";
    private const string ReadReservation = "5E 01 00 00 00 00 00 10 00 00";

    // Who may read and write: the holder, someone registered, someone else.
    [TestCase(1, "rw", "r-", "r-")]
    [TestCase(3, "rw", "--", "--")]
    [TestCase(5, "rw", "rw", "r-")]
    [TestCase(6, "rw", "rw", "--")]
    [TestCase(7, "rw", "rw", "r-")]
    [TestCase(8, "rw", "rw", "--")]
    public void EachTypeKeepsOutWhomItMeans(int type, string holder, string registered, string outsider)
    {
        using var rig = new ScsiRig();
        var second = Attach(rig, 2);
        var third = Attach(rig, 3);
        Out(rig, rig.Nexus, Ignore, 0, 0xAA).MustBeGood();
        Out(rig, second, Register, 0, 0xBB).MustBeGood();
        Out(rig, rig.Nexus, Reserve, 0xAA, 0, type).MustBeGood();
        Assert.Multiple(() =>
        {
            Assert.That(Access(rig, rig.Nexus), Is.EqualTo(holder));
            Assert.That(Access(rig, second), Is.EqualTo(registered));
            Assert.That(Access(rig, third), Is.EqualTo(outsider));
        });

        // Always let through.
        string[] harmless = [Ready, Inquiry, ReadCapacity, ReadKeys, "1B 00 00 00 01 00", "1E 00 00 00 00 00"];
        foreach (var cdb in harmless)
            rig.Run(cdb, nexus: third).MustBeGood();

        // Never let through.
        string[] changing = [SynchronizeCache, "1B 00 00 00 00 00", "1E 00 00 00 01 00", "15 10 00 00 00 00", Unmap];
        foreach (var cdb in changing)
            Assert.That(rig.Run(cdb, nexus: third).Status, Is.EqualTo(ScsiStatus.ReservationConflict));

        Out(rig, rig.Nexus, Release, 0xAA, 0, type).MustBeGood();
        Assert.That(Access(rig, third), Is.EqualTo("rw"));
    }

    [Test]
    public void KeysAndReservationByteByByte()
    {
        using var rig = new ScsiRig();
        Assert.That(Hex(rig.Run(ReadKeys)), Is.EqualTo("0000000000000000"));
        Out(rig, rig.Nexus, Register, 0, 0x1122334455667788).MustBeGood();
        Assert.That(Hex(rig.Run(ReadKeys)), Is.EqualTo("0000000100000008" + "1122334455667788"));
        Assert.That(Hex(rig.Run("5E 00 00 00 00 00 00 00 08 00")), Is.EqualTo("0000000100000008"), "truncated, length as it is");
        Assert.That(Hex(rig.Run(ReadReservation)), Is.EqualTo("0000000100000000"));
        Out(rig, rig.Nexus, Reserve, 0x1122334455667788, 0, 5).MustBeGood();
        Assert.That(Hex(rig.Run(ReadReservation)), Is.EqualTo("0000000100000010" + "1122334455667788" + "00000000" + "00050000"));
        Assert.That(Hex(rig.Run("5E 02 00 00 00 00 00 10 00 00")), Is.EqualTo("00081090EA010000"));
        var name = Convert.ToHexString("iqn.2026-11.test:host,i,0x00023d000001"u8);
        Assert.That(
            Hex(rig.Run("5E 03 00 00 00 00 00 10 00 00")),
            Is.EqualTo(
                "0000000100000044" + "1122334455667788" + "00000000" + "0105000000000001" + "0000002C" + "45000028" + name + "0000"));
        rig.Run("5E 04 00 00 00 00 00 10 00 00").MustFail(5, 0x2400);
    }

    [Test]
    public void AWrongKeyConflicts()
    {
        using var rig = new ScsiRig();
        Out(rig, rig.Nexus, Register, 5, 6).MustConflict();
        Out(rig, rig.Nexus, Reserve, 0, 0, 1).MustConflict();
        Out(rig, rig.Nexus, Register, 0, 6).MustBeGood();
        Out(rig, rig.Nexus, Register, 5, 7).MustConflict();
        Out(rig, rig.Nexus, Register, 6, 7).MustBeGood();
        foreach (var action in new[] { Reserve, Release, Clear, Preempt, PreemptAndAbort })
            Out(rig, rig.Nexus, action, 6, 7, 1).MustConflict();
        Out(rig, rig.Nexus, Ignore, 99, 8).MustBeGood();
        Assert.That(Hex(rig.Run(ReadKeys)), Is.EqualTo("0000000300000008" + "0000000000000008"));
    }

    [Test]
    public void ASecondReservationConflicts()
    {
        using var rig = new ScsiRig();
        var second = Attach(rig, 2);
        Out(rig, rig.Nexus, Register, 0, 1).MustBeGood();
        Out(rig, second, Register, 0, 2).MustBeGood();
        Out(rig, rig.Nexus, Reserve, 1, 0, 1).MustBeGood();
        Out(rig, rig.Nexus, Reserve, 1, 0, 1).MustBeGood();
        Out(rig, rig.Nexus, Reserve, 1, 0, 3).MustConflict();
        Out(rig, second, Reserve, 2, 0, 1).MustConflict();
        Out(rig, second, Release, 2, 0, 1).MustBeGood();
        Assert.That(Hex(rig.Run(ReadReservation)), Does.StartWith("0000000200000010"), "a release by another does nothing");
        Out(rig, rig.Nexus, Release, 1, 0, 3).MustFail(5, 0x2604);
    }

    [Test]
    public void ReleasingTellsTheRegistrantsThatItAdmitted()
    {
        using var rig = new ScsiRig();
        var second = Attach(rig, 2);
        var third = Attach(rig, 3);
        Out(rig, rig.Nexus, Register, 0, 1).MustBeGood();
        Out(rig, second, Register, 0, 2).MustBeGood();
        Out(rig, rig.Nexus, Reserve, 1, 0, 5).MustBeGood();
        Out(rig, rig.Nexus, Release, 1, 0, 5).MustBeGood();
        rig.Run(Ready, nexus: second).MustFail(6, 0x2A04);
        rig.Run(Ready, nexus: third).MustBeGood();
        Out(rig, rig.Nexus, Reserve, 1, 0, 1).MustBeGood();
        Out(rig, rig.Nexus, Release, 1, 0, 1).MustBeGood();
        rig.Run(Ready, nexus: second).MustBeGood();
    }

    [TestCase(1, false, false)]
    [TestCase(5, false, true)]
    [TestCase(7, true, false)]
    public void UnregisteringTheHolder(int type, bool stays, bool isTold)
    {
        using var rig = new ScsiRig();
        var second = Attach(rig, 2);
        Out(rig, rig.Nexus, Register, 0, 1).MustBeGood();
        Out(rig, second, Register, 0, 2).MustBeGood();
        Out(rig, rig.Nexus, Reserve, 1, 0, type).MustBeGood();
        Out(rig, rig.Nexus, Register, 1, 0).MustBeGood();
        Assert.That(rig.Run(ReadReservation).Data, Has.Length.EqualTo(stays ? 24 : 8));
        if (isTold)
            rig.Run(Ready, nexus: second).MustFail(6, 0x2A04);
        rig.Run(Ready, nexus: second).MustBeGood();
        if (stays)
        {
            Assert.That(Hex(rig.Run(ReadReservation, nexus: second))[16..32], Is.EqualTo("0000000000000000"), "no single key");
            Out(rig, second, Register, 2, 0).MustBeGood();
            Assert.That(rig.Run(ReadReservation).Data, Has.Length.EqualTo(8), "the last one out takes it along");
        }
    }

    [Test]
    public void ClearTellsEveryoneElse()
    {
        using var rig = new ScsiRig();
        var second = Attach(rig, 2);
        Out(rig, rig.Nexus, Register, 0, 1).MustBeGood();
        Out(rig, second, Register, 0, 2).MustBeGood();
        Out(rig, rig.Nexus, Reserve, 1, 0, 3).MustBeGood();
        Out(rig, second, Clear, 2, 0).MustBeGood();
        rig.Run(Ready).MustFail(6, 0x2A03);
        rig.Run(Ready, nexus: second).MustBeGood();
        Assert.That(Hex(rig.Run(ReadKeys)), Is.EqualTo("0000000300000000"));
        Assert.That(rig.Run(ReadReservation).Data, Has.Length.EqualTo(8));
    }

    [Test]
    public void PreemptTakesTheReservationOver()
    {
        using var rig = new ScsiRig();
        var second = Attach(rig, 2);
        var third = Attach(rig, 3);
        Out(rig, rig.Nexus, Register, 0, 1).MustBeGood();
        Out(rig, second, Register, 0, 2).MustBeGood();
        Out(rig, third, Register, 0, 3).MustBeGood();
        Out(rig, rig.Nexus, Reserve, 1, 0, 1).MustBeGood();
        Out(rig, second, Preempt, 2, 1, 3).MustBeGood();
        Assert.That(Access(rig, second), Is.EqualTo("rw"));
        rig.Run(Ready).MustFail(6, 0x2A05);
        rig.Run(Ready, nexus: third).MustFail(6, 0x2A04, "the type changed");
        Assert.That(Access(rig, rig.Nexus), Is.EqualTo("--"));
        Assert.That(Hex(rig.Run(ReadKeys)), Is.EqualTo("0000000400000010" + "0000000000000002" + "0000000000000003"));
        Out(rig, rig.Nexus, Release, 1, 0, 1).MustConflict();
    }

    [Test]
    public void PreemptRemovesRegistrationsThatHoldNothing()
    {
        using var rig = new ScsiRig();
        var second = Attach(rig, 2);
        Out(rig, rig.Nexus, Register, 0, 1).MustBeGood();
        Out(rig, second, Register, 0, 2).MustBeGood();
        Out(rig, rig.Nexus, Preempt, 1, 9, 1).MustConflict();
        Out(rig, rig.Nexus, Preempt, 1, 0, 1).MustFail(5, 0x2600);
        Out(rig, rig.Nexus, Preempt, 1, 2, 0).MustBeGood();
        rig.Run(Ready, nexus: second).MustFail(6, 0x2A05);
        Assert.That(Hex(rig.Run(ReadKeys)), Is.EqualTo("0000000300000008" + "0000000000000001"));
        Assert.That(rig.Run(ReadReservation).Data, Has.Length.EqualTo(8));
    }

    [Test]
    public void PreemptOfAllRegistrantsByKey0()
    {
        using var rig = new ScsiRig();
        var second = Attach(rig, 2);
        Out(rig, rig.Nexus, Register, 0, 1).MustBeGood();
        Out(rig, second, Register, 0, 2).MustBeGood();
        Out(rig, rig.Nexus, Reserve, 1, 0, 8).MustBeGood();
        Out(rig, second, Preempt, 2, 0, 2).MustFail(5, 0x2400);
        Out(rig, second, Preempt, 2, 0, 3).MustBeGood();
        rig.Run(Ready).MustFail(6, 0x2A05);
        Assert.That(Hex(rig.Run(ReadReservation))[16..], Is.EqualTo("0000000000000002" + "00000000" + "00030000"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void PreemptAndAbortWaitsForWhatIsUnderWay(bool isDetached)
    {
        using var rig = new ScsiRig();
        var second = Attach(rig, 2);
        Out(rig, rig.Nexus, Register, 0, 1).MustBeGood();
        Out(rig, second, Register, 0, 2).MustBeGood();
        Out(rig, rig.Nexus, Reserve, 1, 0, 3).MustBeGood();
        rig.Volume.IsHeld = true;
        var write = rig.Prepare(Convert.FromHexString(Write.Replace(" ", "", StringComparison.Ordinal)), new byte[512]);
        var unmap = rig.Prepare([0x41, 8, 0, 0, 0, 0, 0, 0, 8, 0], new byte[512]);
        var writing = rig.Device.ExecuteAsync(write);
        var unmapping = rig.Device.ExecuteAsync(unmap);
        if (isDetached)
            rig.Device.DetachNexus(rig.Nexus);

        var preempt = rig.Prepare(Cdb(PreemptAndAbort, 3), List(2, 1), nexus: second);
        var preempting = rig.Device.ExecuteAsync(preempt);
        Assert.That(preempting.IsCompleted, Is.False, "a write of the loser can still reach the medium");
        rig.Volume.Release();
        Assert.That((writing.IsCompleted, unmapping.IsCompleted, preempting.IsCompletedSuccessfully), Is.EqualTo((true, true, true)));
        foreach (var (task, command) in new[] { (writing, write), (unmapping, unmap), (preempting, preempt) })
        {
            task.GetAwaiter().GetResult();
            ScsiRig.Finish(command).MustBeGood();
        }
    }

    [Test]
    public void AConflictGoesBeforeAUnitAttention()
    {
        using var rig = new ScsiRig();
        Out(rig, rig.Nexus, Register, 0, 1).MustBeGood();
        Out(rig, rig.Nexus, Reserve, 1, 0, 3).MustBeGood();
        var second = rig.Attach("iqn.2026-11.test:2");
        rig.Run(Read, nexus: second).MustConflict();
        rig.Run(Ready, nexus: second).MustFail(6, 0x2900);
    }

    [Test]
    public void RegistrationsOutliveSessionsAndResets()
    {
        using var rig = new ScsiRig();
        var second = Attach(rig, 2);
        Out(rig, second, Register, 0, 2).MustBeGood();
        Out(rig, second, Reserve, 2, 0, 3).MustBeGood();
        rig.Device.DetachNexus(second);
        rig.Device.ResetTarget(rig.Nexus);
        rig.ClearUnitAttentions(rig.Nexus);
        Assert.That(Access(rig, rig.Nexus), Is.EqualTo("--"));
        Assert.That(Access(rig, Attach(rig, 2)), Is.EqualTo("rw"));
    }

    [Test]
    public void BadRequestsAreRefused()
    {
        using var rig = new ScsiRig();
        rig.Run("5F 00 00 00 00 00 00 00 17 00", new byte[23]).MustFail(5, 0x1A00);
        rig.Run("5F 00 00 00 00 FF FF FF FF 00", new byte[24]).MustFail(5, 0x1A00);
        rig.Run("5F 00 00 00 00 00 00 00 18 00", new byte[20]).MustFail(5, 0x1A00);
        rig.Run("5F 07 00 00 00 00 00 00 18 00", new byte[24]).MustFail(5, 0x2400);
        Out(rig, rig.Nexus, Register, 0, 1).MustBeGood();
        Out(rig, rig.Nexus, Reserve, 1, 0, 2).MustFail(5, 0x2400);
        Out(rig, rig.Nexus, Reserve, 1, 0, 0x13).MustFail(5, 0x2400);
        Out(rig, rig.Nexus, Register, 1, 2, flags: 8).MustFail(5, 0x2600);
        Out(rig, rig.Nexus, Register, 1, 2, flags: 4).MustFail(5, 0x2600);
        Out(rig, rig.Nexus, Register, 1, 2, flags: 1).MustFail(5, 0x2600);
    }

    [Test]
    public void WhatShallSurvivePowerLossIsStoredFirst()
    {
        var journal = new Journal();
        ReservationRecord record;
        using (var rig = new ScsiRig(journal, null))
        {
            Out(rig, rig.Nexus, Register, 0, 1).MustBeGood();
            Assert.That(journal.Records, Is.Empty);
            Out(rig, rig.Nexus, Register, 1, 2, flags: 1).MustBeGood();
            Assert.That(Hex(rig.Run("5E 02 00 00 00 00 00 10 00 00")), Is.EqualTo("00081191EA010000"));
            journal.IsBroken = true;
            Out(rig, rig.Nexus, Reserve, 2, 0, 3).MustFail(4, 0x4400);
            Assert.That(rig.Run(ReadReservation).Data, Has.Length.EqualTo(8), "not stored, not done");
            journal.IsBroken = false;
            Out(rig, rig.Nexus, Reserve, 2, 0, 3).MustBeGood();
            record = journal.Records[rig.Volume.Id]!;
            Assert.That((record.Type, record.Holder, record.Registrations.Count), Is.EqualTo((ReservationType.ExclusiveAccess, 0, 1)));
        }

        using var pool = new Uss.Runtime.BufferPool();
        using var again = new ScsiRig(journal, null);
        var device = new ScsiDevice(pool) { Journal = journal };
        device.RestoreReservations(again.Volume.Id, record);
        device.ApplyConfiguration(again.Configuration, name => again.Volumes[name]);
        var stranger = device.AttachNexus("iqn.2026-11.test:9,i,0x1", "iqn.2026-11.test:9", "t", 1);
        var command = new ScsiCommand { Nexus = stranger, DataInLimit = 512 };
        command.Cdb[0] = OperationCode.Read10;
        command.Cdb[8] = 1;
        device.ExecuteAsync(command).GetAwaiter().GetResult();
        Assert.That(command.Status, Is.EqualTo(ScsiStatus.ReservationConflict));

        // Without APTPL in the last registration nothing is kept.
        Out(again, again.Nexus, Register, 0, 1, flags: 1).MustBeGood();
        Out(again, again.Nexus, Register, 1, 1, flags: 0).MustBeGood();
        Assert.That(journal.Records[again.Volume.Id], Is.Null);
    }

    [Test]
    public void ReserveAndReleaseExcludeOthers()
    {
        using var rig = new ScsiRig();
        var second = Attach(rig, 2);
        (string, string)[] pairs =
        [
            ("16 00 00 00 00 00", "17 00 00 00 00 00"),
            ("56 00 00 00 00 00 00 00 00 00", "57 00 00 00 00 00 00 00 00 00"),
        ];
        foreach (var (reserve, release) in pairs)
        {
            rig.Run(reserve).MustBeGood();
            rig.Run(reserve).MustBeGood();
            rig.Run(reserve, nexus: second).MustConflict();
            rig.Run(release, nexus: second).MustBeGood();
            rig.Run(Ready, nexus: second).MustConflict();
            Assert.That(Access(rig, second), Is.EqualTo("--"));
            Assert.That(Access(rig, rig.Nexus), Is.EqualTo("rw"));
            rig.Run(ReadKeys).MustConflict();
            Out(rig, rig.Nexus, Register, 0, 1).MustConflict();
            rig.Run("12 00 00 00 24 00", nexus: second).MustBeGood();
            rig.Run(release).MustBeGood();
            Assert.That(Access(rig, second), Is.EqualTo("rw"));
        }
    }

    [Test]
    public void AReserveEndsWithItsSessionAndWithAReset()
    {
        using var rig = new ScsiRig();
        var second = Attach(rig, 2);
        rig.Run("16 00 00 00 00 00", nexus: second).MustBeGood();
        rig.Device.DetachNexus(second);
        Assert.That(Access(rig, rig.Nexus), Is.EqualTo("rw"));
        second = Attach(rig, 2);
        rig.Run("16 00 00 00 00 00", nexus: second).MustBeGood();
        rig.Device.ResetLogicalUnit(rig.Nexus, 0);
        rig.ClearUnitAttentions(rig.Nexus);
        Assert.That(Access(rig, rig.Nexus), Is.EqualTo("rw"));
    }

    [Test]
    public void ReserveBesidePersistentReservationsIsForInsiders()
    {
        using var rig = new ScsiRig();
        var second = Attach(rig, 2);
        Out(rig, rig.Nexus, Register, 0, 1).MustBeGood();
        rig.Run("16 00 00 00 00 00").MustConflict();
        Out(rig, rig.Nexus, Reserve, 1, 0, 1).MustBeGood();
        rig.Run("16 00 00 00 00 00").MustBeGood();
        rig.Run("17 00 00 00 00 00").MustBeGood();
        rig.Run("16 00 00 00 00 00", nexus: second).MustConflict();
        Out(rig, rig.Nexus, Clear, 1, 0).MustBeGood();
        rig.Run("16 00 00 00 00 00", nexus: second).MustBeGood();
    }

    private static ScsiNexus Attach(ScsiRig rig, int number)
    {
        var nexus = rig.Attach($"iqn.2026-11.test:{number}");
        rig.ClearUnitAttentions(nexus);
        return nexus;
    }

    private static string Access(ScsiRig rig, ScsiNexus nexus) =>
        (rig.Run(Read, nexus: nexus).Status == ScsiStatus.Good ? "r" : "-")
        + (rig.Run(Write, new byte[512], nexus: nexus).Status == ScsiStatus.Good ? "w" : "-");

    private sealed class Journal : IReservationJournal
    {
        public Dictionary<VolumeId, ReservationRecord?> Records { get; } = [];

        public bool IsBroken { get; set; }

        public ValueTask<bool> SaveAsync(VolumeId volume, ReservationRecord? record)
        {
            if (!IsBroken)
                Records[volume] = record;
            return new(!IsBroken);
        }
    }
}
