using System.Text.Json;
using Uss.EndToEnd.Crashes;

namespace Uss.EndToEnd.Cluster;

/// <summary>Promise 4 of docs/invariants.md in a cluster: bits flip in the disk file of one node.</summary>
[TestFixture]
public sealed class DiskRotTests : ClusterTest
{
    private const int FlippedShare = 8;

    private string Disk => Path.Combine(Cluster.FolderOf(2), "disk0.uss");

    [Test]
    [CancelAfter(TestLimit)]
    public void Flipped_bits_are_never_read_and_copies_are_repaired()
    {
        var load = StartLoad();
        load.ProgressOfEach(300, Limit);
        load.Stop();
        Cluster.Dev("stop", "node2");
        var blocks = Blocks();
        Assert.That(blocks.Count(IsDamaged), Is.Zero, "before the flips");
        var flipped = blocks.Where((_, index) => index % FlippedShare == 0).ToList();
        Flip(flipped);
        Assert.That(blocks.Count(IsDamaged), Is.EqualTo(flipped.Count).And.GreaterThan(30));
        Cluster.Dev("start", "node2");
        Heal();
        foreach (var portal in ClusterProgram.Portals)
            load.Verify(portal);

        // A node reads what it is the primary of, about a third, and repairs it then; the scrub finds the rest.
        var (damaged, lost) = Scrub();
        TestContext.Out.WriteLine($"{flipped.Count} blocks damaged; reads repaired some, the scrub found {damaged}");
        Assert.That(damaged, Is.InRange(1, flipped.Count));
        Assert.That(lost, Is.Zero, "blocks without a good copy");
        Finish(load);
        var left = Blocks().Where(IsDamaged).Select(block => block.Place).ToList();
        Assert.That(left, Is.Empty, "damaged blocks after the scrub");
    }

    // Scrubs all groups; returns how many damaged copies were found, and blocks without a good one.
    private (long Damaged, long Lost) Scrub()
    {
        Cluster.At(1, "scrub", "start").Succeeded();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            using var document = JsonDocument.Parse(Cluster.At(3, "scrub", "ls", "-o", "json").Succeeded());
            var groups = document.RootElement.EnumerateArray().ToList();
            if (groups.Count > 0 && groups.TrueForAll(group => group.GetProperty("state").GetString() == "done"))
                return (Sum("damaged"), Sum("unrepairable"));
            if (clock.Elapsed > Limit)
                Assert.Fail($"the scrub does not end:\n{document.RootElement}");
            Thread.Sleep(200);

            long Sum(string figure) => groups.Sum(group => group.GetProperty(figure).GetInt64());
        }
    }

    // The blocks that the last checkpoint of the stopped node knows.
    private List<DiskBlock> Blocks() => DiskBlock.AllOf(Sandbox, Disk);

    private bool IsDamaged(DiskBlock block) => block.IsDamaged(Disk);

    private void Flip(List<DiskBlock> blocks)
    {
        using var file = File.OpenHandle(Disk, FileMode.Open, FileAccess.ReadWrite);
        Span<byte> one = stackalloc byte[1];
        foreach (var block in blocks)
        {
            var offset = block.Offset + (block.Checksum % StampedBlock.Size);
            RandomAccess.Read(file, one, offset);
            one[0] ^= 0x10;
            RandomAccess.Write(file, one, offset);
        }
    }
}
