using System.Buffers.Binary;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Iscsi;

/// <summary>What changes under logged-in sessions is told to them, and what they reserve outlives the service.</summary>
public sealed class HotChangeTests : EndToEndTest
{
    private const int SectorSize = LibiscsiSession.SectorSize;
    private const long MiB = 1 << 20;
    private const int PersistentReserveOut = 0x5F;

    private static readonly byte[] _testUnitReady = new byte[6];

    [Test]
    [CancelAfter(90_000)]
    public void Resize_RaisesCapacityDataHasChanged_AndTheNewEndCanBeUsed()
    {
        var service = StartService();
        service.Command("volume", "create", "growing", "--size", "16M").Succeeded();
        service.Command("lun", "map", "growing", "--lun", "1").Succeeded();
        var block = new byte[SectorSize];
        InSession(service, 1, session =>
        {
            Assert.Throws<CommandRefusedException>(() => session.Write(16 * MiB, block));
            service.Command("volume", "resize", "growing", "--size", "32M").Succeeded();
            var told = Assert.Throws<CommandRefusedException>(() => session.Run(_testUnitReady));
            Assert.That(told!.Message, Does.Contain("UNIT_ATTENTION").IgnoreCase.And.Contain("0x2a09"), "CAPACITY DATA HAS CHANGED");
            session.Run(_testUnitReady);
            session.Write(32 * MiB - SectorSize, block);
        });
    }

    [Test]
    [CancelAfter(90_000)]
    public void MapAndUnmap_RaiseReportedLunsDataHasChanged()
    {
        var service = StartService();
        service.Command("volume", "create", "late", "--size", "16M").Succeeded();
        InSession(service, 0, session =>
        {
            session.Run(_testUnitReady);
            service.Command("lun", "map", "late", "--lun", "7").Succeeded();
            var told = Assert.Throws<CommandRefusedException>(() => session.Run(_testUnitReady));
            Assert.That(told!.Message, Does.Contain("0x3f0e"), "REPORTED LUNS DATA HAS CHANGED");
            session.Run(_testUnitReady);
        });
    }

    [TestCase(false, TestName = "PersistentReservation_SurvivesAStop")]
    [TestCase(true, TestName = "PersistentReservation_SurvivesAKill")]
    [CancelAfter(120_000)]
    public void PersistentReservation_WithPowerLossPersistence_Survives(bool isKilled)
    {
        var service = StartService();
        service.Command("volume", "create", "shared", "--size", "16M").Succeeded();
        service.Command("lun", "map", "shared", "--lun", "1").Succeeded();
        var block = new byte[SectorSize];
        InSession(
            service,
            1,
            session =>
            {
                Reserve(session, 0x1234);
                session.Write(0, block);
            },
            "owner",
            1);
        Stop(service, isKilled);
        service.Start();

        InSession(service, 1, session => session.Read(0, block), "stranger", 2);
        InSession(
            service,
            1,
            session =>
            {
                var refused = Assert.Throws<CommandRefusedException>(() => session.Write(0, block));
                Assert.That(refused!.Message, Does.Contain("0x18"), "RESERVATION CONFLICT");
            },
            "stranger",
            2);
        InSession(
            service,
            1,
            session =>
            {
                session.Write(0, block);
                ReserveOut(session, action: 3, key: 0x1234, actionKey: 0);
            },
            "owner",
            1);

        // What was cleared stays cleared.
        Stop(service, isKilled);
        service.Start();
        InSession(service, 1, session => session.Write(0, block), "stranger", 2);
    }

    [Test]
    [CancelAfter(120_000)]
    public void PersistentReservation_OutlivesItsMapping_ButNotItsVolume()
    {
        var service = StartService();
        service.Command("volume", "create", "shared", "--size", "16M").Succeeded();
        service.Command("lun", "map", "shared", "--lun", "1").Succeeded();
        var block = new byte[SectorSize];
        InSession(service, 1, session => Reserve(session, 7), "owner", 1);
        service.Command("lun", "unmap", "1").Succeeded();
        service.Command("lun", "map", "shared", "--lun", "1").Succeeded();
        InSession(service, 1, session => Assert.Throws<CommandRefusedException>(() => session.Write(0, block)), "stranger", 2);

        service.Command("lun", "unmap", "1").Succeeded();
        service.Command("volume", "rm", "shared", "--confirm", "shared").Succeeded();
        service.Command("volume", "create", "shared", "--size", "16M").Succeeded();
        service.Command("lun", "map", "shared", "--lun", "1").Succeeded();
        InSession(service, 1, session => session.Write(0, block), "stranger", 2);
    }

    private static void Stop(UssService service, bool isKilled)
    {
        if (isKilled)
            service.Kill();
        else
            service.Stop().Result.Succeeded();
    }

    // Registers the key so that it outlives a loss of power, and takes Write Exclusive (SPC-5, 6.16).
    private static void Reserve(LibiscsiSession session, ulong key)
    {
        ReserveOut(session, action: 0, key: 0, actionKey: key, flags: 1);
        ReserveOut(session, action: 1, key, actionKey: 0, type: 1);
    }

    private static void ReserveOut(LibiscsiSession session, byte action, ulong key, ulong actionKey, byte type = 0, byte flags = 0)
    {
        var list = new byte[24];
        BinaryPrimitives.WriteUInt64BigEndian(list, key);
        BinaryPrimitives.WriteUInt64BigEndian(list.AsSpan(8), actionKey);
        list[20] = flags;
        session.Run([PersistentReserveOut, action, type, 0, 0, 0, 0, 0, 24, 0], list);
    }
}
