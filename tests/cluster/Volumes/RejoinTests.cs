using Uss.Store;

namespace Uss.Volumes.Tests;

/// <summary>The bar of a rejoin: a node that was away gets little more than what changed meanwhile.</summary>
public sealed class RejoinTests
{
    private const int Blocks = 10_000;
    private const int Changed = Blocks / 100;
    private const int ChunkBlocks = 16;

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    public void A_rejoin_after_one_percent_changed_copies_that_and_no_more(int away)
    {
        using var cluster = new ClusterFixture(nodes: 3, seed: (ulong)away + 1);
        cluster.CreateVolume("v", (long)Blocks * StoreUnits.BlockBytes, copies: 3);
        cluster.AwaitHealth();

        // Until every node has heard the clock of the others, they refuse its changes.
        cluster.World.RunFor(2_000_000_000);
        for (var block = 0; block < Blocks; block += ChunkBlocks)
            Expect(cluster.Write(0, "v", (long)block * StoreUnits.BlockBytes, ChunkBlocks * StoreUnits.BlockBytes, 1));

        cluster.Kill(away);
        var front = (away + 1) % 3;
        var random = cluster.World.Stream("changes");
        var changed = new HashSet<long>();
        while (changed.Count < Changed)
        {
            var block = random.Next(Blocks);
            if (changed.Add(block))
                Expect(cluster.Write(front, "v", block * StoreUnits.BlockBytes, StoreUnits.BlockBytes, 2));
        }

        var before = cluster.BlocksResynced;
        cluster.Restart(away);
        Assert.That(cluster.World.RunUntil(() => cluster.Nodes[away] is not null, 60_000_000_000));
        cluster.AwaitHealth();
        var copied = cluster.BlocksResynced - before;
        Assert.That(copied, Is.InRange(Changed, Changed * 11 / 10));
        Assert.That(cluster.Stores[away].BlocksWritten, Is.EqualTo(copied), "what the counter says is what the disk got");
    }

    private static void Expect(VolumeResult result) => Assert.That(result.IsOk, result.ToString());
}
