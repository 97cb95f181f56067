using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>Forced recovery of placement groups whose disks are gone for good.</summary>
/// <param name="node">The node.</param>
public sealed class RecoveryService(INode node)
{
    /// <summary>What a recovery would do; changes nothing.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="group">The group; null: all of the pool that wait for it.</param>
    /// <param name="from">The disk: its name, path or identity.</param>
    public async Task<Result<IReadOnlyList<RecoveryView>>> PlanAsync(string pool, int? group, string from)
    {
        if ((await node.ListPoolsAsync()).FirstOrDefault(known => known.View.Name == pool) is not { } found)
            return Faults.PoolNotFound(pool);
        var disk = await FindAsync(from);
        if (!disk.IsOk)
            return disk.Fault;
        if (group is { } one)
        {
            var plan = await node.PlanRecoveryAsync(pool, one, disk.Value);
            return plan.IsOk ? Result<IReadOnlyList<RecoveryView>>.Ok([plan.Value]) : plan.Fault;
        }

        // Groups that serve, or will by themselves, are not concerned; without any other, the first reason tells why.
        var plans = new List<RecoveryView>();
        Fault? reason = null;
        for (var index = 0; index < found.View.Groups; index++)
        {
            var plan = await node.PlanRecoveryAsync(pool, index, disk.Value);
            if (plan.IsOk)
                plans.Add(plan.Value);
            else
                reason ??= plan.Fault;
        }

        return plans.Count > 0 || reason is null ? Result<IReadOnlyList<RecoveryView>>.Ok(plans) : reason;
    }

    /// <summary>Makes the disk the only member of the group. Faults: not confirmed, changed since the plan.</summary>
    public async Task<Result<RecoveryView>> RecoverAsync(RecoverGroup request)
    {
        if (request.Confirm != request.Pool)
            return Faults.ConfirmationRequired("what the other disks hold of pool", request.Pool);
        var disk = await FindAsync(request.From);
        if (!disk.IsOk)
            return disk.Fault;
        return await node.RecoverAsync(request.Pool, request.Group, disk.Value, request.Epoch);
    }

    private async Task<Result<Guid>> FindAsync(string name) =>
        NodeService.Find(await node.ListDisksAsync(), name) is { Id: { } id } ? Guid.Parse(id) : Faults.DiskNotFound(name);
}
