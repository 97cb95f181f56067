using Uss.Replication;
using Uss.Runtime;
using Uss.Volumes;
using Uss.WebUi.Contracts;

namespace Uss.Host.Serve;

/// <summary>Forced recovery as the application services see it. On the reactor.</summary>
internal static class RecoveryViews
{
    public static async ValueTask<Result<RecoveryView>> PlanAsync(
        BlockNode block, IReadOnlyList<DiskView> disks, string pool, int group, Guid disk)
    {
        var plan = await block.PlanRecoveryAsync(IdOf(block, pool, group), disk);
        return plan.IsOk ? Of(plan.Value, disks, pool) : plan.Fault;
    }

    public static async ValueTask<Result<RecoveryView>> RecoverAsync(
        BlockNode block, IReadOnlyList<DiskView> disks, string pool, int group, Guid disk, uint epoch)
    {
        var plan = await block.PlanRecoveryAsync(IdOf(block, pool, group), disk);
        if (!plan.IsOk)
            return plan.Fault;
        return await block.RecoverAsync(plan.Value with { Epoch = epoch }) is { } fault ? fault : Of(plan.Value, disks, pool);
    }

    private static PlacementGroupId IdOf(BlockNode block, string pool, int group) =>
        new(block.Pools.FirstOrDefault(known => known.Record.Name == pool)?.Record.Id ?? 0, group);

    private static RecoveryView Of(ForcedRecovery plan, IReadOnlyList<DiskView> disks, string pool)
    {
        string NameOf(Guid id) => disks.FirstOrDefault(disk => disk.Id == id.ToString())?.FullName ?? id.ToString();
        return new RecoveryView
        {
            Pool = pool,
            Group = plan.Group.Index,
            From = NameOf(plan.Disk),
            Epoch = plan.Epoch,
            Complete = plan.IsComplete,
            EpochsBehind = plan.EpochsBehind,
            ChangesLostAtLeast = plan.ChangesLostAtLeast,
            InSync = [.. plan.InSync.Select(NameOf)],
            Volumes = [.. plan.Volumes.Select(held => new RecoveredVolumeView(held.Volume, held.Blocks, held.NewerBlocks))],
        };
    }
}
