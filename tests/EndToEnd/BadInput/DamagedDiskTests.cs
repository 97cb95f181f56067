using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;
using Uss.EndToEnd.Iscsi;

namespace Uss.EndToEnd.BadInput;

/// <summary>A disk that is damaged, cut short or full costs no acknowledged data that a healthy copy holds, and no crash.</summary>
public sealed class DamagedDiskTests : EndToEndTest
{
    private const long GiB = 1L << 30;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>What happens to one of the two disks while the service is down.</summary>
    [TestCase("dd if=/dev/urandom of={0} bs=1M count=16 conv=notrunc status=none", TestName = "Superblock_Damaged")]
    [TestCase("truncate -s 64M {0}", TestName = "DiskFile_Shrunk")]
    [TestCase("rm {0}", TestName = "DiskFile_Gone")]
    [CancelAfter(180_000)]
    public void OneDiskOfTwo_Lost_TheOtherServesEverything(string damage)
    {
        var service = StartService();
        service.Command("volume", "create", "twice", "--size", "2G", "--copies", "2").Succeeded();
        service.Command("lun", "map", "twice", "--lun", "1").Succeeded();
        var load = new StampedLoad(Sandbox, service, 1, 2 * GiB, seed: 11);
        load.Start();
        load.Progress(1500, Limit);
        load.Stop();
        service.Stop().Result.Succeeded();

        var disk = Path.Combine(service.DataFolder, "disk1.uss");
        Assert.That(disk, Does.Exist);
        Sandbox.Shell(Limit, string.Format(System.Globalization.CultureInfo.InvariantCulture, damage, disk)).Succeeded();
        service.Start();

        Assert.That(service.Output, Does.Contain(disk).Or.Contain("disk1"), "the start names the disk");
        load.Verify();
        load.Start();
        load.Progress(500, Limit);
        load.Stop();
        load.Verify();
    }

    [Test]
    [CancelAfter(180_000)]
    public void HostFileSystem_Full_IsAnErrorNotDamage()
    {
        var data = Folder["data"];
        Sandbox.Shell(
            Limit,
            $"""
            truncate -s 700M {Folder["small"]}
            mkfs.ext4 -q -O ^has_journal -m 0 {Folder["small"]}
            mkdir {data}
            mount -o loop {Folder["small"]} {data}
            fallocate -l 300M {data}/filler
            """).Succeeded();
        var service = NewService(options: ["--disks", "1", "--disk-size", "8G"]);
        service.Start();
        service.Command("volume", "create", "big", "--size", "4G").Succeeded();
        service.Command("lun", "map", "big", "--lun", "1").Succeeded();
        var written = 0;
        const int Chunk = 64 * 1024;
        var block = new byte[Chunk];
        void WriteChunk(LibiscsiSession session, int index)
        {
            for (var at = 0; at < Chunk; at += StampedBlock.Size)
                StampedBlock.Write(block.AsSpan(at, StampedBlock.Size), index, 1);
            session.Write((long)index * Chunk, block);
        }

        void Fill(Action<LibiscsiSession> work) => InSession(service, 1, work, "filler");

        Fill(session =>
        {
            var refused = Assert.Throws<CommandRefusedException>(() =>
            {
                for (; written < 16384; written++)
                    WriteChunk(session, written);
            });
            TestContext.Out.WriteLine($"refused after {written * (long)Chunk >> 20} MiB: {refused!.Message}");
        });
        Assert.That(written, Is.GreaterThan(1000), "chunks of 64 KiB written before the file system was full");
        Assert.That(service.IsRunning, "the service ended");
        VerifyAll();

        // Room again: writes go on without a restart, and a restart finds everything.
        Sandbox.Shell(Limit, $"rm {data}/filler").Succeeded();
        Fill(session => WriteChunk(session, written++));
        service.Kill();
        service.Start();
        VerifyAll();

        void VerifyAll() => Fill(session =>
        {
            for (var index = 0; index < written; index++)
            {
                session.Read((long)index * Chunk, block);
                for (var at = 0; at < Chunk; at += StampedBlock.Size)
                    Assert.That(StampedBlock.Read(block.AsSpan(at, StampedBlock.Size), index, out var problem), Is.EqualTo(1), problem);
            }
        });
    }
}
