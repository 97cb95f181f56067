using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Iscsi;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// Promise 9 of docs/invariants.md in a cluster: the disk of one node is full, or the file system under it, while the others
/// have room.
/// </summary>
[TestFixture]
public sealed class FullDiskTests : MachinesTest
{
    private const int Chunk = 1 << 20;
    private const int BallastChunks = 120;

    [Test]
    [CancelAfter(TestLimit)]
    public void A_full_disk_refuses_writes_and_costs_neither_data_nor_copies()
    {
        StartMachines(new MachineOptions { Initiators = Initiators, DiskSizes = ["8G", "256M", "8G"] });
        Machines.Uss(1, "volume", "create", "ballast", "--size", "128M", "--copies", "3").Succeeded();
        Machines.Uss(1, "lun", "map", "ballast", "--lun", "1").Succeeded();
        InSession(3, 1, session =>
        {
            for (var index = 0; index < BallastChunks; index++)
                session.Write((long)index * Chunk, Ballast(index));
        });
        var load = StartFilling(4096, 4096L << 16);
        AwaitFull(load);
        TestContext.Out.WriteLine(Machines.Uss(2, "disk", "ls").Output);

        // Full is not ill: all copies are there, what is there can be read and freed, and everybody is told what to do.
        Heal();
        var status = Machines.Uss(3, "status").Succeeded();
        Assert.That(status, Does.Match("node2/disk0.* full").And.Contain("fix:"));
        load.Stop();
        load.Verify(ThreeMachines.Portals[1]);

        // Freed by a discard.
        InSession(1, 1, session => session.Unmap(0, BallastChunks / 2 * Chunk));
        load.Start();
        load.ProgressOfEach(50, Limit);
        AwaitFull(load);

        // Freed with a volume.
        InSession(2, 1, session => VerifyBallast(session, BallastChunks / 2));
        Machines.Uss(1, "lun", "unmap", "1").Succeeded();
        Machines.Uss(1, "volume", "rm", "ballast", "--confirm", "ballast").Succeeded();
        load.ProgressOfEach(50, Limit);
        TestContext.Out.WriteLine($"{load.SpaceRefusals} writes refused");
        Heal();
        FinishAndCompareDisks(load);
    }

    [Test]
    [CancelAfter(TestLimit)]
    public void A_full_file_system_under_a_disk_costs_no_acknowledged_write()
    {
        StartMachines(new MachineOptions
        {
            Initiators = Initiators,
            Prepare = machines => Sandbox.Shell(
                Limit, $"mkdir {machines.FolderOf(2)}; mount -t tmpfs -o size=150M tmpfs {machines.FolderOf(2)}").Succeeded(),
        });
        var load = StartFilling(4096, 4096L << 16);
        Eventually(Limit, () => AvailableKilobytes() == 0, () => "the file system under node2 does not fill up");

        // What the disk cannot take costs that copy, until there is room; the others go on, and everybody is told.
        load.ProgressOfEach(50, Limit);
        Eventually(
            Limit,
            () => Machines.Uss(1, "status").Succeeded().Contains("fewer than 3 copies", StringComparison.Ordinal),
            () => "a copy is not complete and nobody says so");
        Assert.That(Machines.Uss(2, "status").Succeeded(), Does.Match("file system under disk node2/disk0.* has only 0 MiB left"));
        Assert.That(Machines.Uss(1, "status").Succeeded(), Does.Match("see whether the disk, or the file system under it, is full"));
        load.ProgressOfEach(50, Limit);
        load.Stop();
        foreach (var portal in ThreeMachines.Portals)
            load.Verify(portal);

        // Not by a restart either does it become healthy; with room it does, by itself.
        Machines.Kill(2);
        Machines.Start(2);
        load.Start();
        load.ProgressOfEach(50, Limit);
        Sandbox.Shell(Limit, $"mount -o remount,size=3G {Machines.FolderOf(2)}").Succeeded();
        load.ProgressOfEach(50, Limit);
        load.Stop();
        Heal();
        Assert.That(load.SpaceRefusals, Is.Zero, "writes refused though two copies had room");
        FinishAndCompareDisks(load);
    }

    private long AvailableKilobytes() => long.Parse(
        Sandbox.Shell(Limit, $"df --output=avail {Machines.FolderOf(2)} | tail -n 1").Succeeded(), System.Globalization.CultureInfo.InvariantCulture);

    private StampedLoad StartFilling(int extents, long usedBytes)
    {
        var load = new StampedLoad(Sandbox, () => ThreeMachines.Portals, 0, usedBytes, Seed, extentCount: extents)
        {
            CommandLimitSeconds = 20,
            MayBeFull = true,
        };
        load.Start();
        return load;
    }

    // Freeing and reusing go on for a while at the edge: many refusals, so that it is full indeed.
    private static void AwaitFull(StampedLoad load)
    {
        var refused = load.SpaceRefusals;
        Eventually(Limit, () => load.SpaceRefusals > refused + 200, () => $"the disk is not full after {load.AcknowledgedWrites} writes");
        TestContext.Out.WriteLine($"full after {load.AcknowledgedWrites} writes");
    }

    private static byte[] Ballast(int index)
    {
        var data = new byte[Chunk];
        for (var at = 0; at < Chunk; at += StampedBlock.Size)
            StampedBlock.Write(data.AsSpan(at, StampedBlock.Size), (index * (Chunk / StampedBlock.Size)) + (at / StampedBlock.Size), 7);
        return data;
    }

    private static void VerifyBallast(LibiscsiSession session, int freed)
    {
        var data = new byte[Chunk];
        for (var index = 0; index < BallastChunks; index++)
        {
            session.Read((long)index * Chunk, data);
            Assert.That(data.AsSpan().SequenceEqual(index < freed ? new byte[Chunk] : Ballast(index)), $"MiB {index} of ballast");
        }
    }
}
