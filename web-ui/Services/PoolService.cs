using Uss.Placement;
using Uss.Runtime;
using Uss.Volumes;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>Pools, their placement maps, and what a failure would do to them.</summary>
/// <param name="node">The node.</param>
public sealed class PoolService(INode node)
{
    // What times are estimated with: a slow disk, or one that clients use meanwhile.
    private const long DiskBytesPerSecond = 100L << 20;

    /// <summary>All pools.</summary>
    public async Task<IReadOnlyList<PoolView>> ListAsync() => [.. (await node.ListPoolsAsync()).Select(pool => pool.View)];

    /// <summary>One pool.</summary>
    public async Task<Result<PoolView>> GetAsync(string name)
    {
        var found = await FindAsync(name);
        return found.IsOk ? found.Value[0].View : found.Fault;
    }

    /// <summary>Creates a pool; the fault names the placement rule that fails.</summary>
    public async Task<Result<PoolView>> CreateAsync(CreatePool request)
    {
        FailureDomain? domain = null;
        if (request.FailureDomain is { } name)
        {
            domain = Enum.GetValues<FailureDomain>().Cast<FailureDomain?>().FirstOrDefault(level => PlacementRules.LevelName(level!.Value) == name);
            if (domain is null)
                return Faults.Bad("failure-domain", $"'{name}' is no failure domain.", "Use disk, node, rack or site.");
        }

        var created = await node.CreatePoolAsync(new PoolSpecification
        {
            Name = request.Name,
            Copies = request.Copies,
            MinimumCopies = request.MinimumCopies,
            FailureDomain = domain,
            DiskClass = request.Class,
        });
        return created.IsOk ? created.Value.View : created.Fault;
    }

    /// <summary>Each disk's part in the placement maps.</summary>
    /// <param name="name">The pool; null: all.</param>
    public async Task<Result<IReadOnlyList<PlacementDiskView>>> PlacementAsync(string? name)
    {
        var pools = await FindAsync(name);
        if (!pools.IsOk)
            return pools.Fault;
        var disks = await node.ListDisksAsync();
        return Result<IReadOnlyList<PlacementDiskView>>.Ok([.. pools.Value.SelectMany(pool => PlacementOf(pool, disks))]);
    }

    /// <summary>What the loss of a failure domain does to the pools.</summary>
    /// <param name="fail">As <see cref="DomainSelection.Find"/> takes it, or <c>disk/NODE/NAME</c>.</param>
    /// <param name="name">The pool; null: all.</param>
    public async Task<Result<IReadOnlyList<WhatIfView>>> WhatIfAsync(string fail, string? name)
    {
        var pools = await FindAsync(name);
        if (!pools.IsOk)
            return pools.Fault;
        var disks = await node.ListDisksAsync();
        var domain = fail;
        if (fail.StartsWith("disk/", StringComparison.Ordinal) && NodeService.Find(disks, fail[5..]) is { Id: { } id })
            domain = "disk/" + id;

        // Every group of every pool is taken to hold as much as any other.
        var copies = (await node.ListPoolsAsync()).Sum(pool => pool.Map.Rows.Sum(row => (long)row.Count));
        var bytes = copies == 0 ? 0 : disks.Sum(disk => disk.UsedBytes ?? 0) / copies;
        var views = new List<WhatIfView>();
        foreach (var pool in pools.Value)
        {
            var usage = PoolUsage.Even(bytes * pool.Map.Groups, pool.Map.Groups, DiskBytesPerSecond);
            var report = WhatIf.Fail(pool.Topology, pool.Map, pool.Policy, domain, usage);
            if (!report.IsOk)
                return Translate(report.Fault);
            views.Add(View(pool, fail, report.Value));
        }

        return Result<IReadOnlyList<WhatIfView>>.Ok(views);
    }

    private async Task<Result<IReadOnlyList<NodePool>>> FindAsync(string? name)
    {
        var pools = await node.ListPoolsAsync();
        if (name is null)
            return Result<IReadOnlyList<NodePool>>.Ok(pools);
        var found = pools.Where(pool => pool.View.Name == name).ToList();
        return found.Count == 0 ? Faults.PoolNotFound(name) : Result<IReadOnlyList<NodePool>>.Ok(found);
    }

    private static IEnumerable<PlacementDiskView> PlacementOf(NodePool pool, IReadOnlyList<DiskView> disks)
    {
        var copies = pool.Map.Rows.SelectMany(row => row).CountBy(disk => disk).ToDictionary();
        var primaries = pool.Map.Rows.Where(row => row.Count > 0).CountBy(row => row[0]).ToDictionary();
        double allCopies = Math.Max(1, copies.Values.Sum());
        double allBytes = Math.Max(1, pool.Topology.DisksOf(pool.Policy).Sum(disk => disk.EffectiveWeightBytes));
        var due = pool.Topology.DisksOf(pool.Policy).Select(disk => disk.Id).ToHashSet();
        var concerned = pool.Topology.Disks.Where(disk => due.Contains(disk.Id) || copies.ContainsKey(disk.Id));
        foreach (var disk in concerned.OrderBy(disk => disk.Node, StringComparer.Ordinal))
        {
            var known = disks.FirstOrDefault(view => view.Id == disk.Id.ToString());
            yield return new PlacementDiskView
            {
                Pool = pool.View.Name,
                Disk = known?.FullName ?? disk.Node,
                Id = disk.Id,
                Copies = copies.GetValueOrDefault(disk.Id),
                Primaries = primaries.GetValueOrDefault(disk.Id),
                SharePercent = 100 * copies.GetValueOrDefault(disk.Id) / allCopies,
                DuePercent = due.Contains(disk.Id) ? 100 * disk.EffectiveWeightBytes / allBytes : 0,
            };
        }
    }

    private static WhatIfView View(NodePool pool, string fail, WhatIfReport report) => new()
    {
        Pool = pool.View.Name,
        Fail = fail,
        Untouched = report.Untouched,
        Degraded = report.Degraded,
        BelowMinimum = report.BelowMinimum,
        Lost = report.Lost,
        CopiedBytes = report.Cost.MovedBytes,
        Seconds = report.Cost.Duration.TotalSeconds,
        FullestPercent = 100 * (report.Cost.Fullest?.Fullness ?? 0),
        Problem = report.Problem is { } problem ? new ProblemItem(problem.Code, problem.Message, problem.Remedy) : null,
    };

    private static Fault Translate(PlacementFault fault) => new(
        fault.Code switch { "unknown-domain" => "domain-not-found", "ambiguous-domain" => "bad-domain", _ => fault.Code },
        fault.Message,
        fault.Remedy);
}
