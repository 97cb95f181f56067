using Uss.Coordination;
using Uss.Runtime;
using Uss.Volumes;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>The disks that earlier starts used, as the block layer recorded them.</summary>
internal static class KnownDisks
{
    /// <summary>Reads the records, the oldest disk first.</summary>
    /// <param name="coordination">Where they are.</param>
    /// <param name="node">Only the disks of this node of a cluster; null: all.</param>
    public static async ValueTask<Result<IReadOnlyList<DiskRecord>>> ReadAsync(ICoordinationStore coordination, string? node)
    {
        var read = await coordination.ListAsync(DiskRecord.Prefix);
        if (!read.IsAvailable)
            return Faults.RecordsUnavailable;
        var disks = new List<DiskRecord>(read.Entries.Count);
        foreach (var entry in read.Entries)
        {
            var record = CoordinationJson.Read(entry.Key, entry.Value, VolumesJson.Default.DiskRecord);
            if (!record.IsOk)
                return record.Fault;
            if (node is null || record.Value.Node == node)
                disks.Add(record.Value);
        }

        return Result<IReadOnlyList<DiskRecord>>.Ok(
            [.. disks.OrderBy(disk => disk.AddedAt).ThenBy(disk => disk.Name, StringComparer.Ordinal)]);
    }
}
