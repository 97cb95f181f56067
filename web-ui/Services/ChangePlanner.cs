using Uss.Placement;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>Works out what a change of disks or nodes does to the pools.</summary>
/// <param name="pools">The pools.</param>
/// <param name="groups">Their placement groups.</param>
/// <param name="disks">All disks.</param>
internal sealed class ChangePlanner(IReadOnlyList<NodePool> pools, IReadOnlyList<NodeGroup> groups, IReadOnlyList<DiskView> disks)
{
    // What times are estimated with: a slow disk, or one that clients use meanwhile.
    private const long DiskBytesPerSecond = 100L << 20;

    /// <summary>What a change of the topology moves.</summary>
    public IReadOnlyList<ChangePlanView> Plan(Func<Topology, Topology> change) =>
        [.. pools.Select(pool => Plan(pool, change(pool.Topology), pool.Policy))];

    /// <summary>What another policy of a pool moves.</summary>
    public ChangePlanView Plan(NodePool pool, PoolPolicy policy)
    {
        var plan = Plan(pool, pool.Topology, policy);
        var own = groups.Where(group => group.Pool == pool.View.Name && group.InSync.Count > 0).ToList();
        var below = own.Count(group => group.Usable.Count < policy.MinimumCopies);
        if (plan.IsRefused || policy.MinimumCopies <= pool.Policy.MinimumCopies || below == 0)
            return plan;
        return plan with
        {
            IsRefused = true,
            Problem = new ProblemItem(
                "copies-below-minimum",
                $"{below} placement groups of pool '{pool.View.Name}' have fewer than {policy.MinimumCopies} copies now.",
                "Wait until all copies are there, see `uss pool show`; more copies are asked for with --copies first."),
        };
    }

    /// <summary>What the planned stop of disks does: nothing moves, primaries go to other disks.</summary>
    public IReadOnlyList<ChangePlanView> PlanStop(IReadOnlySet<Guid> stopped) => [.. pools.Select(pool => PlanStop(pool, stopped))];

    private ChangePlanView Plan(NodePool pool, Topology topology, PoolPolicy policy)
    {
        while (PlacementSolver.ShouldSplit(topology, policy, pool.SplitBelowCopies))
            policy = policy with { Groups = 2 * policy.Groups };
        var plan = PlacementSolver.Solve(topology, policy, pool.Map);

        // Every group of every pool is taken to hold as much as any other.
        var copies = pools.Sum(known => known.Map.Rows.Sum(row => (long)row.Count));
        var bytes = copies == 0 ? 0 : disks.Sum(disk => disk.UsedBytes ?? 0) / copies;
        var usage = PoolUsage.Even(bytes * pool.Map.Groups, pool.Map.Groups, DiskBytesPerSecond);
        var cost = PlacementCost.Of(plan, topology, policy, usage);

        // A rule that fails refuses a drain; one that had failed before is no reason against a change that does not make it worse.
        var wasBroken = policy.Copies <= pool.Policy.Copies && PlacementRules.Check(pool.Topology, policy) is not null;
        var unplaced = wasBroken ? null : PlacementRules.Check(topology, policy);
        var refusal = unplaced ?? PlacementRules.CheckSpace(policy, cost)
            ?? (plan.StuckCopies > 0 ? PlacementRules.Check(topology, policy) : null)
            ?? (cost.GroupsThatLose > 0 ? PlacementRules.CheckChange(topology, policy, plan, cost) : null);
        return View(pool) with
        {
            GroupsAfter = policy.Groups,
            MovedCopies = plan.MovedCopies,
            MovedBytes = cost.MovedBytes,
            Seconds = cost.Duration.TotalSeconds,
            StuckCopies = plan.StuckCopies,
            PrimaryChanges = plan.PrimaryChanges,
            FullestPercent = 100 * (cost.Fullest?.Fullness ?? 0),
            IsRefused = refusal is not null,
            Problem = refusal is not null
                ? new ProblemItem(refusal.Code, refusal.Message, refusal.Remedy)
                : plan.StuckCopies > 0 ? Stuck(pool, plan) : null,
        };
    }

    private ChangePlanView PlanStop(NodePool pool, IReadOnlySet<Guid> stopped)
    {
        var own = groups.Where(group => group.Pool == pool.View.Name && group.InSync.Any(stopped.Contains)).ToList();
        var left = own.ConvertAll(group => group.Usable.Count(disk => !stopped.Contains(disk)));
        var below = own.Where((group, index) => left[index] < group.MinimumCopies).ToList();
        var present = View(pool);
        return present with
        {
            PrimaryChanges = own.Count(group => group.Primary is { } primary && stopped.Contains(primary)),
            FewestCopies = left.Append(present.FewestCopies).Min(),
            GroupsBelowMinimum = below.Count,
            IsRefused = below.Count > 0,
            Problem = below.Count == 0 ? null : new ProblemItem(
                "copies-below-minimum",
                $"{below.Count} placement groups of pool '{pool.View.Name}' would have fewer than {pool.View.MinimumCopies} copies "
                + $"and wait, and with them {(pool.View.Volumes == 1 ? "its volume" : $"its {pool.View.Volumes} volumes")}.",
                "Bring the other nodes and disks back first, and wait until the groups have their copies."),
        };
    }

    private ChangePlanView View(NodePool pool)
    {
        var own = groups.Where(group => group.Pool == pool.View.Name && group.InSync.Count > 0).ToList();
        return new ChangePlanView
        {
            Pool = pool.View.Name,
            Groups = pool.Policy.Groups,
            GroupsAfter = pool.Policy.Groups,
            MovedCopies = 0,
            MovedBytes = 0,
            Seconds = 0,
            StuckCopies = 0,
            PrimaryChanges = 0,
            FewestCopies = own.Count == 0 ? 0 : own.Min(group => group.Usable.Count),
            GroupsBelowMinimum = own.Count(group => group.Usable.Count < group.MinimumCopies),
            FullestPercent = 0,
            Volumes = pool.View.Volumes,
            IsRefused = false,
        };
    }

    private static ProblemItem Stuck(NodePool pool, PlacementPlan plan) => new(
        "copies-stuck",
        $"{plan.StuckCopies} copies of pool '{pool.View.Name}' stay where they are: no disk in a failure domain of its own can take them.",
        "Add disks; they move by themselves then.");
}
