using System.Buffers.Binary;
using System.Numerics;
using System.Text.Json;
using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;

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
        Finish(load);

        // Nothing was written since, and a node reads what it is the primary of: about a third.
        var left = Blocks().Where(IsDamaged).Select(block => block.Place).ToHashSet();
        var mended = flipped.Count(block => !left.Contains(block.Place));
        TestContext.Out.WriteLine($"{flipped.Count} blocks damaged, {mended} repaired, {left.Count} not read yet");
        Assert.That(mended, Is.GreaterThan(flipped.Count / 8));
    }

    // The blocks that the last checkpoint of the stopped node knows.
    private List<DiskBlock> Blocks()
    {
        using var inspect = Sandbox.Start(Repository.Program, ["store", "inspect", Disk, "--blocks", "-o", "json"]);
        using var document = JsonDocument.Parse(inspect.WaitForExit(Limit).Succeeded());
        return
        [
            .. from layer in document.RootElement.GetProperty("objects").EnumerateArray()
               from block in layer.GetProperty("blocks").EnumerateArray()
               where block.GetProperty("offset").GetInt64() != 0
               select new DiskBlock(
                   $"{layer.GetProperty("space")}/{layer.GetProperty("index")}/{block.GetProperty("block")}",
                   block.GetProperty("offset").GetInt64(),
                   block.GetProperty("checksum").GetUInt32()),
        ];
    }

    private bool IsDamaged(DiskBlock block)
    {
        using var file = File.OpenHandle(Disk);
        Span<byte> data = stackalloc byte[StampedBlock.Size];
        RandomAccess.Read(file, data, block.Offset);
        var checksum = uint.MaxValue;
        for (var at = 0; at < data.Length; at += sizeof(ulong))
            checksum = BitOperations.Crc32C(checksum, BinaryPrimitives.ReadUInt64LittleEndian(data[at..]));
        return ~checksum != block.Checksum;
    }

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

    /// <param name="Place">Space, object and block.</param>
    private sealed record DiskBlock(string Place, long Offset, uint Checksum);
}
