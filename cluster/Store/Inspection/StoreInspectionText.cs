using System.Globalization;

namespace Uss.Store;

/// <summary>An inspection as text that a person reads.</summary>
public static class StoreInspectionText
{
    /// <summary>Writes an inspection.</summary>
    public static void Write(TextWriter writer, StoreInspection inspection)
    {
        writer.WriteLine($"{inspection.Path}: {Size(inspection.SizeBytes)}");
        if (inspection.Problem is { } problem)
            writer.WriteLine($"PROBLEM: {problem}");
        foreach (var superblock in inspection.Superblocks)
        {
            writer.WriteLine(superblock.IsValid
                ? $"superblock at {superblock.Offset}: disk {superblock.DiskId}, format {superblock.FormatVersion}, generation "
                    + $"{superblock.Generation}, replay after batch {superblock.ReplayLsn}, frozen at batch {superblock.FrozenLsn}, "
                    + $"highest version {superblock.HighestVersion}{(superblock.IsCurrent ? " (current)" : string.Empty)}"
                : $"superblock at {superblock.Offset}: not valid");
        }

        foreach (var zone in inspection.Zones)
            writer.WriteLine($"{zone.Name,-14} {zone.Offset,16} + {zone.LengthBytes,16}  {Size(zone.LengthBytes)}");
        writer.WriteLine($"{inspection.UsedBlocks} data blocks in use at the checkpoint");
        foreach (var layer in inspection.Objects)
            WriteLayer(writer, layer);
        foreach (var batch in inspection.Batches)
            WriteBatch(writer, batch);
    }

    private static void WriteLayer(TextWriter writer, InspectedLayer layer)
    {
        writer.WriteLine(
            $"{layer.Kind} {layer.Space:x}/{layer.Index} sequence {layer.Sequence}: {layer.Present} blocks, {layer.Entries} entries, "
            + $"highest version {layer.HighestVersion}, image {layer.ImageState} at [{string.Join(", ", layer.ImageOffsets)}], "
            + $"batch {layer.ImageLsn}");
        foreach (var block in layer.Blocks)
        {
            writer.WriteLine(block.Offset == 0
                ? $"    block {block.Block,4}: hole, version {block.Version}"
                : $"    block {block.Block,4}: at {block.Offset}, version {block.Version}, CRC-32C {block.Checksum:x8}");
        }
    }

    private static void WriteBatch(TextWriter writer, InspectedBatch batch)
    {
        writer.WriteLine(
            $"batch {batch.Lsn} at {batch.Offset} + {batch.LengthBytes}: {batch.RecordCount} records, barrier {batch.Barrier}");
        foreach (var record in batch.Records)
        {
            var extents = string.Concat(record.Extents.Select(extent => $" [{extent.Offset} + {extent.LengthBytes}]"));
            writer.WriteLine(
                $"    {record.Kind} {record.Space:x}/{record.Index} sequence {record.Sequence} blocks {record.FirstBlock} + "
                + $"{record.BlockCount} version {record.Version}{extents}");
        }
    }

    private static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => (bytes / (double)(1L << 30)).ToString("0.##", CultureInfo.InvariantCulture) + " GiB",
        >= 1L << 20 => (bytes / (double)(1L << 20)).ToString("0.##", CultureInfo.InvariantCulture) + " MiB",
        _ => (bytes / 1024.0).ToString("0.##", CultureInfo.InvariantCulture) + " KiB",
    };
}
