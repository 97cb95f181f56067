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
        flipped.ForEach(block => block.Flip(Disk));
        Assert.That(blocks.Count(IsDamaged), Is.EqualTo(flipped.Count).And.GreaterThan(30));
        Cluster.Dev("start", "node2");
        Heal();
        foreach (var portal in ClusterProgram.Portals)
            load.Verify(portal);

        // A node reads what it is the primary of, about a third, and repairs it then; the scrub finds the rest.
        var (damaged, lost) = Scrub.Run(Cluster.At, Limit);
        TestContext.Out.WriteLine($"{flipped.Count} blocks damaged; reads repaired some, the scrub found {damaged}");
        Assert.That(damaged, Is.InRange(1, flipped.Count));
        Assert.That(lost, Is.Zero, "blocks without a good copy");
        Finish(load);
        var left = Blocks().Where(IsDamaged).Select(block => block.Place).ToList();
        Assert.That(left, Is.Empty, "damaged blocks after the scrub");
    }

    // The blocks that the last checkpoint of the stopped node knows.
    private List<DiskBlock> Blocks() => DiskBlock.AllOf(Sandbox, Disk);

    private bool IsDamaged(DiskBlock block) => block.IsDamaged(Disk);
}
