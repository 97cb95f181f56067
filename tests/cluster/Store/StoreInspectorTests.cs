namespace Uss.Store.Tests;

public sealed class StoreInspectorTests
{
    [Test]
    public void A_disk_is_decoded_down_to_blocks_and_records()
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () => await rig.WriteAsync(new ObjectId(0xAB, 4), 7, 2, 1, 30));
        rig.Close();
        rig.Open();
        rig.Run(async () => await rig.WriteAsync(new ObjectId(0xAB, 5), 1, 1, 2, 31));
        rig.PowerCut();
        var reader = rig.World.CreateReactor("inspector");
        var options = new StoreInspectorOptions(WithRecords: true, WithBlocks: true);
        var result = rig.World.Run(reader, () => StoreInspector.InspectAsync(reader, StoreRig.Path, options));
        var inspection = result.Value!;
        Assert.That(inspection.Problem, Is.Null);
        Assert.That(inspection.Superblocks.Single(s => s.IsCurrent).DiskId, Is.EqualTo(rig.DiskId));
        var layer = inspection.Objects.Single();
        Assert.That((layer.Space, layer.Index, layer.Present, layer.ImageState), Is.EqualTo((0xABUL, 4U, 2, "good")));
        Assert.That(layer.Blocks.Select(b => b.Block), Is.EqualTo(new[] { 7, 8 }));
        var record = inspection.Batches.SelectMany(b => b.Records).Single();
        Assert.That((record.Kind, record.Index, record.FirstBlock, record.Version), Is.EqualTo(("write", 5U, 1, 31UL)));
        var text = new StringWriter();
        StoreInspectionText.Write(text, inspection);
        Assert.That(text.ToString(), Does.Contain("layer ab/4").And.Contain("write ab/5"));
    }

    [Test]
    public void A_disk_that_no_store_can_open_is_decoded_as_far_as_it_goes()
    {
        using var rig = new StoreRig();
        rig.Disk.FlipBit(StoreFormat.SuperblockAOffset + 50, 0);
        var reader = rig.World.CreateReactor("inspector");
        var result = rig.World.Run(reader, () => StoreInspector.InspectAsync(reader, StoreRig.Path, new StoreInspectorOptions()));
        Assert.That(result.Value!.Problem, Does.Contain("superblocks"));
        Assert.That(result.Value.Superblocks.Any(s => s.IsValid), Is.False);
    }
}
