using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>What tests of power cuts stand on: the disk loses what was not flushed, and nothing else.</summary>
[TestFixture]
public sealed class VolatileDiskTests : EndToEndTest
{
    private const int Bytes = 1 << 20;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private VolatileDisk _disk = null!;

    [SetUp]
    public void StartDisk()
    {
        File.WriteAllBytes(Folder["disk"], new byte[4 * Bytes]);
        _disk = new VolatileDisk(Sandbox, VolatileDisk.Build(Sandbox, Folder), Folder["disk"], Folder["control"], seed: 17);
        _disk.Start();
    }

    [TearDown]
    public void EndDisk() => _disk.Dispose();

    [Test]
    [CancelAfter(60_000)]
    public void Only_what_was_flushed_survives_a_power_cut()
    {
        var first = Write("first", 0, "fsync");
        Assert.That(_disk.UnflushedSectors, Is.Zero);
        var second = Write("second", 1, "notrunc");
        Sandbox.Run(Limit, "cmp", "-n", $"{Bytes}", "-i", $"0:{Bytes}", Folder["second"], Folder["disk"]).Succeeded();
        var lost = _disk.UnflushedSectors;
        _disk.CutPower();

        var left = File.ReadAllBytes(Folder["disk"]);
        Assert.That(left.AsSpan(0, Bytes).SequenceEqual(first), "flushed data after the power cut");
        var sectors = Enumerable.Range(0, Bytes / 512).ToList();
        var kept = sectors.Where(sector => left.AsSpan(Bytes + (sector * 512), 512).SequenceEqual(second.AsSpan(sector * 512, 512))).ToList();
        var blank = sectors.Where(sector => left.AsSpan(Bytes + (sector * 512), 512).IndexOfAnyExcept((byte)0) < 0).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(blank, Has.Count.EqualTo(lost).And.Count.GreaterThan(100), "sectors lost");
            Assert.That(kept, Has.Count.GreaterThan(100), "sectors that came early");
            Assert.That(kept.Count + blank.Count, Is.EqualTo(sectors.Count), "no sector is torn");
            Assert.That(kept.Select(sector => sector / 8).Intersect(blank.Select(sector => sector / 8)), Is.Not.Empty, "blocks that are torn");
        });
    }

    [Test]
    [CancelAfter(60_000)]
    public void A_disk_that_lies_or_fails_does_so()
    {
        _disk.Behave(DiskBehaviour.Lies);
        Write("lost", 0, "fsync");
        Assert.That(_disk.UnflushedSectors, Is.Positive);
        _disk.Behave(DiskBehaviour.Fails);
        Assert.That(Copy("lost", 0, "fsync").Output, Does.Contain("Input/output error"));
        _disk.CutPower();
        Assert.That(File.ReadAllBytes(Folder["disk"]).AsSpan(0, Bytes).SequenceEqual(File.ReadAllBytes(Folder["lost"])), Is.False);
    }

    // Writes a file of random bytes to the disk, at so many MiB.
    private byte[] Write(string name, int place, string conversion)
    {
        var data = new byte[Bytes];
        new Random(place).NextBytes(data);
        File.WriteAllBytes(Folder[name], data);
        Copy(name, place, conversion).Succeeded();
        return data;
    }

    private ProgramResult Copy(string name, int place, string conversion) => Sandbox.Run(
        Limit, "dd", $"if={Folder[name]}", $"of={Folder["disk"]}", "bs=64K", $"seek={place * 16}", "oflag=direct", "conv=notrunc," + conversion);
}
