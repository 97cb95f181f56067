using Uss.Placement;
using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

// Pools that get other numbers of copies, and those that go.
public sealed partial class ChangeService
{
    /// <summary>What other numbers of copies of a pool would move; changes nothing.</summary>
    /// <param name="name">The pool.</param>
    /// <param name="copies">Copies of every block; null: as they are.</param>
    /// <param name="minimumCopies">Copies that must be durable before a write is acknowledged; null: as it is.</param>
    public async Task<Result<IReadOnlyList<ChangePlanView>>> PlanPoolAsync(string name, int? copies, int? minimumCopies)
    {
        if (copies is null && minimumCopies is null)
            return Faults.Bad("pool", "There is nothing to change.", "Give a number of copies, a minimum of them, or both.");
        if ((await node.ListPoolsAsync()).FirstOrDefault(known => known.View.Name == name) is not { } pool)
            return Faults.PoolNotFound(name);
        var policy = pool.Policy with
        {
            Copies = copies ?? pool.Policy.Copies,
            MinimumCopies = minimumCopies ?? (pool.View.IsMinimumDefault && copies is { } number
                ? PoolPolicy.DefaultMinimumCopies(number)
                : pool.Policy.MinimumCopies),
        };
        if (PlacementRules.CheckPolicy(policy) is { } bad)
            return new Fault(bad.Code, bad.Message, bad.Remedy);
        var planner = await PlannerAsync(await node.ListDisksAsync());
        return Result<IReadOnlyList<ChangePlanView>>.Ok([planner.Plan(pool, policy)]);
    }

    /// <summary>Changes a pool's numbers of copies; returns what moves.</summary>
    public async Task<Result<IReadOnlyList<ChangePlanView>>> SetPoolAsync(string name, ChangePool request)
    {
        var plan = await PlanPoolAsync(name, request.Copies, request.MinimumCopies);
        if (!plan.IsOk)
            return plan.Fault;
        if (RefusalOf(plan.Value) is { } refused)
            return refused;
        var changed = await node.ChangePoolAsync(name, request.Copies, request.MinimumCopies);
        return changed.IsOk ? plan : changed.Fault;
    }

    /// <summary>Removes a pool without volumes.</summary>
    /// <param name="name">The pool.</param>
    /// <param name="confirm">Must repeat the name.</param>
    public async Task<Result<PoolView>> RemovePoolAsync(string name, string? confirm)
    {
        if ((await node.ListPoolsAsync()).FirstOrDefault(known => known.View.Name == name) is not { } pool)
            return Faults.PoolNotFound(name);
        if (pool.View.Volumes == 0 && confirm != name)
            return Faults.ConfirmationRequired("pool", name);
        return await node.RemovePoolAsync(name) is { } fault ? fault : pool.View;
    }
}
