namespace Uss.Placement;

/// <summary>What the loss of a failure domain does to a pool, and what it takes to make up for it.</summary>
public sealed record WhatIfReport
{
    /// <summary>What fails.</summary>
    public required DomainSelection Domain { get; init; }

    /// <summary>Groups that keep all the copies that they have.</summary>
    public required int Untouched { get; init; }

    /// <summary>Groups that lose copies and still have the pool's minimum: they serve on.</summary>
    public required int Degraded { get; init; }

    /// <summary>Groups left with fewer copies than the pool's minimum, but with one: their writes wait.</summary>
    public required int BelowMinimum { get; init; }

    /// <summary>Groups that lose all copies: their data is unavailable until the domain returns.</summary>
    public required int Lost { get; init; }

    /// <summary>Bytes of data of which no copy is left.</summary>
    public required long LostBytes { get; init; }

    /// <summary>The plan that gives every group its copies again on what is left.</summary>
    public required PlacementPlan Recovery { get; init; }

    /// <summary>What that takes: bytes to make anew, time, fullness afterwards.</summary>
    public required PlacementCost Cost { get; init; }

    /// <summary>Fullness of the pool's fullest disk before, as part of its weight.</summary>
    public required double FullestBefore { get; init; }

    /// <summary>Why the copies cannot be placed again; null when they can.</summary>
    public PlacementFault? Problem { get; init; }
}

/// <summary>Questions of the kind "what if this node dies?".</summary>
public static class WhatIf
{
    /// <summary>The loss of a failure domain.</summary>
    /// <param name="topology">All disks; those that fail are among them.</param>
    /// <param name="map">The present map.</param>
    /// <param name="policy">The pool's policy.</param>
    /// <param name="domain">What fails, as <see cref="DomainSelection.Find"/> takes it.</param>
    /// <param name="usage">The data; null gives no bytes and no times.</param>
    /// <returns>The report, or why the domain cannot be found.</returns>
    public static PlacementResult<WhatIfReport> Fail(
        Topology topology, PlacementMap map, PoolPolicy policy, string domain, PoolUsage? usage = null)
    {
        var selection = DomainSelection.Find(topology, domain);
        if (!selection.IsOk)
            return selection.Fault;
        usage ??= PoolUsage.Even(0, map.Groups, 1);
        var failed = selection.Value.Disks.Select(disk => disk.Id).ToHashSet();
        var (untouched, degraded, below, lost, lostBytes) = (0, 0, 0, 0, 0L);
        for (var group = 0; group < map.Groups; group++)
        {
            var row = map.Rows[group];
            var left = row.Count(disk => !failed.Contains(disk));
            if (left == row.Count)
                untouched++;
            else if (left >= policy.MinimumCopies)
                degraded++;
            else if (left > 0)
                below++;
            else
                (lost, lostBytes) = (lost + 1, lostBytes + usage.BytesOf(group, map.Groups));
        }

        var rest = topology.Without(failed);
        var recovery = PlacementSolver.Solve(rest, policy, map);
        var cost = PlacementCost.Of(recovery, rest, policy, usage);
        var before = PlacementCost.Of(new PlacementPlan(map, [], 0) { Previous = map }, topology, policy, usage);
        return new WhatIfReport
        {
            Domain = selection.Value,
            Untouched = untouched,
            Degraded = degraded,
            BelowMinimum = below,
            Lost = lost,
            LostBytes = lostBytes,
            Recovery = recovery,
            Cost = cost,
            FullestBefore = before.Fullest?.Fullness ?? 0,
            Problem = PlacementRules.Check(rest, policy) ?? PlacementRules.CheckSpace(policy, cost),
        };
    }
}
