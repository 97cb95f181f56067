using Uss.Coordination;
using Uss.Runtime;
using Uss.Volumes;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>The disks of the service, as the block layer recorded them.</summary>
/// <param name="Own">Those that earlier starts of this node used, the oldest first.</param>
/// <param name="Ids">Those of all nodes: none of them is ever formatted.</param>
internal sealed record KnownDisks(IReadOnlyList<DiskRecord> Own, IReadOnlySet<Guid> Ids)
{
    /// <summary>Reads the records.</summary>
    /// <param name="coordination">Where they are.</param>
    /// <param name="node">This node of a cluster; null on a node that is alone, whose all disks are.</param>
    public static async ValueTask<Result<KnownDisks>> ReadAsync(ICoordinationStore coordination, string? node)
    {
        var read = await coordination.ListAsync(DiskRecord.Prefix);
        if (!read.IsAvailable)
            return Faults.RecordsUnavailable;
        var records = CoordinationJson.ReadAll(read, DiskRecord.Prefix, VolumesJson.Default.DiskRecord);
        if (!records.IsOk)
            return records.Fault;
        var disks = records.Value.Values;
        return new KnownDisks(
            [
                .. disks.Where(disk => node is null || disk.Node == node)
                    .OrderBy(disk => disk.AddedAt).ThenBy(disk => disk.Name, StringComparer.Ordinal),
            ],
            disks.Select(disk => disk.Id).ToHashSet());
    }
}
