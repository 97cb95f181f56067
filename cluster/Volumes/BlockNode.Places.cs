using Uss.Placement;
using Uss.Runtime;

namespace Uss.Volumes;

// Where nodes stand and which class disks have: what failure domains and pools go by.
public sealed partial class BlockNode
{
    private static readonly NodeSettingsRecord _nowhere = new() { Rack = "rack", Site = "site" };

    /// <summary>Tells where a node stands. Copies move in the background where they share a rack or site now.</summary>
    /// <param name="node">The node.</param>
    /// <param name="rack">Its rack; null: as it was.</param>
    /// <param name="site">The site of the rack; null: as it was.</param>
    /// <returns>Null when that is settled. Faults: no such node, a name that cannot be, the placement rule that would fail.</returns>
    public ValueTask<Fault?> SetPlaceAsync(string node, string? rack, string? site)
    {
        return TopologyRules.CheckPlace(rack, site) is { } bad ? ValueTask.FromResult<Fault?>(bad) : ChangeTopologyAsync(topology =>
        {
            if (node != Name && !topology.Nodes.ContainsKey(node))
                return NoNode(node);
            var present = topology.SettingsOf(node);
            var wanted = present with { Rack = rack ?? present.Rack, Site = site ?? present.Site };
            if (wanted == present)
                return Changes();
            var after = topology with
            {
                Settings = topology.Settings.Where(entry => entry.Key != node).Append(new(node, wanted)).ToDictionary(StringComparer.Ordinal),
            };
            return FindLoss(after) is { } lost ? lost : Changes(Put(node, wanted));
        });
    }

    /// <summary>Gives a disk another class. Pools that ask for the former one move their copies off it in the background, those that
    /// ask for the new one onto it.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="diskClass">The class; null for none in particular.</param>
    /// <returns>Null when that is settled. Faults: no such disk, a class that cannot be, the rule of placement that would fail.</returns>
    public ValueTask<Fault?> SetDiskClassAsync(Guid disk, string? diskClass)
    {
        if (diskClass is not null && TopologyRules.CheckClass(diskClass) is { } bad)
            return ValueTask.FromResult<Fault?>(bad);
        var wanted = diskClass == TopologyRules.AnyClass ? null : diskClass;
        return ChangeTopologyAsync(topology =>
        {
            if (!topology.Disks.TryGetValue(disk, out var record))
                return NoDisk(disk);
            if (record.Class == wanted)
                return Changes();
            var changed = record with { Class = wanted };
            var after = topology with
            {
                Disks = topology.Disks.Values.Select(known => known.Id == disk ? changed : known).ToDictionary(known => known.Id),
            };
            return FindLoss(after) is { } lost ? lost : Changes(Put(changed));
        });
    }

    // At its first start a node notes the place that it was set up with, before any disk of it is known: so no map takes it to be
    // elsewhere. From then on operators decide.
    private async ValueTask<Fault?> NotePlaceAsync()
    {
        if (_options.Cluster is not { } own || (own.Rack == _nowhere.Rack && own.Site == _nowhere.Site))
            return null;
        if (SettingsOf(Name) is { Rack: not null, Site: not null })
            return null;
        return await CommitTopologyAsync(
            topology =>
            {
                var present = topology.SettingsOf(Name);
                return Changes(Put(Name, present with { Rack = present.Rack ?? own.Rack, Site = present.Site ?? own.Site }));
            },
            []);
    }

    // A group gives up what its row does not name once all of the row is in sync: so no change may make a row shorter.
    private Fault? FindLoss(TopologySnapshot after)
    {
        var topology = after.ToTopology();
        foreach (var pool in _pools.Pools)
        {
            var policy = pool.Record.ToPolicy();
            var rows = PlacementSolver.Solve(topology, policy, pool.Map).Map.Rows;
            var lost = rows.Where((row, group) => row.Count < pool.Map.Rows[group % pool.Map.Groups].Count).Count();
            if (lost == 0)
                continue;
            return PlacementRules.Check(topology, policy) is { } rule
                ? new Fault(rule.Code, rule.Message, rule.Remedy)
                : new Fault(
                    "copies-lost", $"{lost} placement groups of pool '{policy.Name}' would have fewer copies than now.", "Add disks first.");
        }

        return null;
    }
}
