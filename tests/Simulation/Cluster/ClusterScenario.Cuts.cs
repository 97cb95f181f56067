using Uss.Placement;
using Uss.Replication;
using Uss.Simulation.Blocks;
using Uss.Simulation.Linearizability;
using Uss.Runtime;
using Uss.Store;
using Uss.Volumes;

namespace Uss.Simulation.Cluster;

/// <summary>
/// Forced recoveries in the histories of blocks. Where the report says that nothing is lost, nothing is amended. Elsewhere the blocks of
/// the group become at once what the disk holds: that must be a state that they had, no older than the disk's last moment in sync.
/// </summary>
public sealed partial class ClusterScenario
{
    private readonly List<Cut> _cuts = [];

    private async ValueTask<bool> CaptureAsync(ClusterNode holder, Guid disk, Cut cut)
    {
        var store = holder.Stores.Values.First(known => known.DiskId == disk);
        var buffer = Runtime.Reactor.Current.Buffers.Rent(StoreUnits.BlockBytes);
        var isRead = true;
        foreach (var volume in _volumes)
        {
            if (holder.Node?.Volumes.Find(volume.Name)?.Space is not { } space || SpaceId.PoolOf(space) != cut.Group.Pool)
                continue;
            foreach (var block in volume.History.BlocksUsed.Where(block => cut.Concerns(space, block)))
            {
                var (index, within) = Math.DivRem(block, StoreUnits.BlocksPerObject);
                var read = await store.ReadAsync(
                    new ObjectId(space, (uint)index), (int)within, buffer.Slice(0, StoreUnits.BlockBytes));
                isRead &= read.IsOk;
                var stamps = default(SectorStamps);
                for (var sector = 0; sector < SectorStamps.Count; sector++)
                {
                    stamps[sector] = BlockContent.ReadSector(
                        buffer.Slice(sector * BlockContent.SectorBytes, BlockContent.SectorBytes).Span, sector);
                }

                cut.Held[(volume.Name, block)] = stamps;
            }
        }

        buffer.Release();
        return isRead;
    }

    /// <summary>The history of a block with the recoveries in it.</summary>
    private IReadOnlyList<BlockOperation> Amend(ClusterVolume volume, long block, IReadOnlyList<BlockOperation> history)
    {
        foreach (var cut in _cuts)
        {
            if (!cut.Concerns(volume.Space, block))
                continue;
            var held = cut.Held.GetValueOrDefault((volume.Name, block));
            RequireHeld(volume, block, history, cut, held);
            history = Amend(history, cut.AtNs, held);
        }

        return history;
    }

    // What was under way may have been done before and be lost, and be done again afterwards.
    private static List<BlockOperation> Amend(IReadOnlyList<BlockOperation> history, long atNs, SectorStamps held)
    {
        var amended = new List<BlockOperation>();
        foreach (var operation in history)
        {
            if (operation.WriteMask == 0 || operation.Start >= atNs || operation.End <= atNs)
            {
                amended.Add(operation);
                continue;
            }

            amended.Add(operation with { End = atNs, IsOptional = true });
            amended.Add(operation with { Start = atNs, IsOptional = true });
        }

        amended.Add(new BlockOperation { Start = atNs, End = atNs, WriteMask = 0xFF, Written = held, Client = -1 });
        return amended;
    }

    // The disk may have got any of what came after it was last in sync, also what never came to count; before that, nothing is missing.
    private static void RequireHeld(ClusterVolume volume, long block, IReadOnlyList<BlockOperation> history, Cut cut, SectorStamps held)
    {
        var lineage = history.Where(operation => operation.End < cut.SinceNs || (operation.WriteMask != 0 && operation.Start <= cut.AtNs))
            .Select(operation => operation.End < cut.SinceNs
                ? operation
                : operation with { IsOptional = true, Condition = Linearizability.BlockCondition.None })
            .Append(BlockOperation.Read(cut.SinceNs, cut.AtNs, held)).ToList();
        Require(
            new LinearizabilityChecker().FindViolation(lineage) is null,
            $"{volume.Name} block {block} is recovered as it was at {cut.SinceNs} or later, not as {held}; {cut.Made}");
    }

    /// <summary>A group that went on from a disk that does not hold everything.</summary>
    private sealed record Cut(PlacementGroupId Group, int Groups, long AtNs, long SinceNs)
    {
        public Dictionary<(string Volume, long Block), SectorStamps> Held { get; } = [];

        public ForcedRecovery? Made { get; set; }

        public bool Concerns(ulong space, long block) => SpaceId.PoolOf(space) == Group.Pool
            && SpaceId.GroupOf(new ObjectId(space, (uint)(block / StoreUnits.BlocksPerObject)), Groups) == Group.Index;
    }
}
