namespace Uss.Placement;

/// <summary>Whether a pool can be placed at all, and which rule fails when it cannot.</summary>
public static class PlacementRules
{
    private const int NamesShown = 8;

    /// <summary>Checks the policy by itself and against the disks that can take copies.</summary>
    /// <returns>Null when the pool can be placed in full; otherwise <c>bad-policy</c>, <c>no-disks</c> or
    /// <c>too-few-domains</c>.</returns>
    public static PlacementFault? Check(Topology topology, PoolPolicy policy)
    {
        if (CheckPolicy(policy) is { } bad)
            return bad;
        var usable = topology.DisksOf(policy).Where(disk => disk.EffectiveWeightBytes > 0).ToList();
        var ofClass = policy.DiskClass is { } name ? $" of class {name}" : "";
        if (usable.Count == 0)
        {
            var others = topology.Disks.Where(disk => disk.EffectiveWeightBytes > 0).Select(disk => disk.Class).Distinct().Order();
            var there = topology.Disks.Count == 0 ? "there are none"
                : policy.DiskClass is not null && !topology.DisksOf(policy).Any() ? $"there are classes: {List(others)}"
                : "all of them drain or have weight 0";
            return new PlacementFault(
                "no-disks", $"{Pool(policy)} asks for disks{ofClass}; {there}.", $"Add a disk{ofClass}{Change(policy)}.");
        }

        var domains = usable.GroupBy(disk => disk.DomainName(policy.FailureDomain), StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => group.First()).ToList();
        if (domains.Count >= policy.Copies)
            return null;
        var level = LevelName(policy.FailureDomain);
        var verb = domains.Count == 1 ? "is" : "are";
        var drained = topology.DisksOf(policy).Count() - usable.Count;
        var aside = drained == 0 ? "" : drained == 1 ? " (without a disk that drains)" : $" (without {drained} disks that drain)";
        var with = policy.FailureDomain == FailureDomain.Disk || ofClass.Length == 0 ? ofClass : $" with disks{ofClass}";
        return new PlacementFault(
            "too-few-domains",
            $"{Pool(policy)} asks for {policy.Copies} copies on different {level}s{with}; " +
            $"there {verb} {domains.Count}{aside}: {List(ShortNames(domains, policy.FailureDomain))}.",
            RemedyOf(policy, level, ofClass));
    }

    /// <summary>Checks what does not depend on the disks.</summary>
    /// <returns>Null when it is sound; otherwise <c>bad-policy</c>.</returns>
    public static PlacementFault? CheckPolicy(PoolPolicy policy)
    {
        if (policy.Copies is < 1 or > PoolPolicy.MaximumCopies)
            return Bad($"asks for {policy.Copies} copies", $"Ask for 1 to {PoolPolicy.MaximumCopies} copies.");
        if (policy.MinimumCopies < 1 || policy.MinimumCopies > policy.Copies)
        {
            return Bad(
                $"asks for at least {policy.MinimumCopies} of its {policy.Copies} copies before a write is acknowledged",
                $"Ask for 1 to {policy.Copies}.");
        }

        return policy.Groups is >= 1 and <= PoolPolicy.MaximumGroups ? null
            : Bad($"asks for {policy.Groups} placement groups", $"Ask for 1 to {PoolPolicy.MaximumGroups}.");

        PlacementFault Bad(string what, string remedy) => new("bad-policy", $"{Pool(policy)} {what}.", remedy);
    }

    /// <summary>Checks a planned change: that it takes no copy away without another one, that draining disks become empty, and
    /// that the data fits.</summary>
    /// <param name="topology">The topology that the plan was made for.</param>
    /// <param name="policy">The policy that the plan was made for.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="cost">What the plan costs.</param>
    /// <returns>Null when it can be carried out; otherwise <c>drain-blocked</c>, <c>copies-lost</c>, <c>too-full</c>, or what
    /// <see cref="Check"/> finds.</returns>
    public static PlacementFault? CheckChange(Topology topology, PoolPolicy policy, PlacementPlan plan, PlacementCost cost)
    {
        var unplaced = Check(topology, policy);
        if (plan.StuckCopies > 0)
        {
            return new PlacementFault(
                "drain-blocked",
                $"{plan.StuckCopies} copies would stay on disks that drain, because nothing else can take them" +
                (unplaced is null ? "." : $": {unplaced.Message}"),
                unplaced?.Remedy ?? "Add disks, or let the disks stay.");
        }

        if (unplaced is not null)
            return unplaced;
        return cost.GroupsThatLose == 0 ? CheckSpace(policy, cost) : new PlacementFault(
            "copies-lost",
            $"{cost.GroupsThatLose} placement groups of {Pool(policy)} would have fewer copies than now.",
            $"Add a {LevelName(policy.FailureDomain)}.");
    }

    /// <summary>Checks that the data fits on the disks after a change.</summary>
    /// <returns>Null when it does; otherwise <c>too-full</c>.</returns>
    public static PlacementFault? CheckSpace(PoolPolicy policy, PlacementCost cost) => cost.Fullest is not { Fullness: > 1 } fullest ? null
        : new PlacementFault(
            "too-full",
            string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{Pool(policy)} would fill disk {fullest.Disk} to {fullest.Fullness * 100:F0} % of what it can take."),
            "Add disks or remove data.");

    /// <summary>A failure domain's level as commands and messages name it: <c>disk</c>, <c>node</c>, <c>rack</c>, <c>site</c>.</summary>
    public static string LevelName(FailureDomain level) => level switch
    {
        FailureDomain.Site => "site",
        FailureDomain.Rack => "rack",
        FailureDomain.Node => "node",
        _ => "disk",
    };

    internal static string Pool(PoolPolicy policy) => policy.Name.Length > 0 ? $"pool '{policy.Name}'" : "the pool";

    internal static string List(IEnumerable<string> names)
    {
        var all = names.ToList();
        return all.Count <= NamesShown ? string.Join(", ", all) : $"{string.Join(", ", all.Take(NamesShown))} and {all.Count - NamesShown} more";
    }

    private static string RemedyOf(PoolPolicy policy, string level, string ofClass)
    {
        if (policy.FailureDomain == FailureDomain.Disk)
        {
            var other = ofClass.Length == 0 ? "" : $"{ofClass}, give another one that class with `uss disk set`";
            return $"Add a disk{other} or ask for fewer copies.";
        }

        var place = policy.FailureDomain is FailureDomain.Rack or FailureDomain.Site ? $", tell with `uss node set` in which {level} nodes stand" : "";
        var disk = ofClass.Length == 0 ? "" : $" with a disk{ofClass}, give a disk of another {level} that class with `uss disk set`";
        return $"Add a {level}{disk}{place} or lower the failure domain.";
    }

    // Two racks of different sites may have the same name; then the full names tell them apart.
    private static IEnumerable<string> ShortNames(List<TopologyDisk> disks, FailureDomain level) =>
        disks.Select(disk => disk.ShortDomainName(level)).Distinct(StringComparer.Ordinal).Count() == disks.Count
            ? disks.Select(disk => disk.ShortDomainName(level))
            : disks.Select(disk => disk.DomainName(level));

    private static string Change(PoolPolicy policy) => policy.DiskClass is null ? "" : " or change the class that the pool asks for";
}
