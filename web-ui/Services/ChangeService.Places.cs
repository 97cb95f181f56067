using Uss.Placement;
using Uss.Runtime;
using Uss.Volumes;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

// Classes of disks and places of nodes: what pools and failure domains go by.
public sealed partial class ChangeService
{
    /// <summary>What another class of a disk would move; changes nothing.</summary>
    /// <param name="name">The disk.</param>
    /// <param name="diskClass">The class; <c>any</c> for none in particular.</param>
    public async Task<Result<IReadOnlyList<ChangePlanView>>> PlanClassAsync(string name, string diskClass)
    {
        if (TopologyRules.CheckClass(diskClass) is { } bad)
            return bad;
        var disks = await node.ListDisksAsync();
        var found = NodeService.FindOne(disks, name);
        if (!found.IsOk)
            return found.Fault;
        var id = IdOf(found.Value);
        return await PlanAsync(disks, disk => disk.Id == id ? disk with { Class = diskClass } : disk);
    }

    /// <summary>Gives a disk another class; returns what moves.</summary>
    public async Task<Result<IReadOnlyList<ChangePlanView>>> SetClassAsync(string name, ChangeDisk request)
    {
        var found = await FindAsync(name);
        if (!found.IsOk)
            return found.Fault;
        var plan = await PlanClassAsync(name, request.Class);
        if (!plan.IsOk)
            return plan.Fault;
        if (RefusalOf(plan.Value) is { } refused)
            return refused;
        return await node.SetDiskClassAsync(found.Value, request.Class) is { } fault ? fault : plan;
    }

    /// <summary>What another place of a node would move; changes nothing.</summary>
    /// <param name="name">The node.</param>
    /// <param name="rack">The rack; null: as it is.</param>
    /// <param name="site">The site; null: as it is.</param>
    public async Task<Result<IReadOnlyList<ChangePlanView>>> PlanPlaceAsync(string name, string? rack, string? site)
    {
        if (TopologyRules.CheckPlace(rack, site) is { } bad)
            return bad;
        if (rack is null && site is null)
            return Faults.Bad("place", "There is nothing to change.", "Give a rack, a site or both.");
        var nodes = (await node.DescribeClusterAsync()).Nodes;
        if (nodes.All(known => known.Name != name))
            return Faults.NodeNotFound(name);
        return await PlanAsync(
            await node.ListDisksAsync(),
            disk => disk.Node == name ? disk with { Rack = rack ?? disk.Rack, Site = site ?? disk.Site } : disk);
    }

    /// <summary>Tells where a node stands; returns what moves.</summary>
    public async Task<Result<IReadOnlyList<ChangePlanView>>> SetPlaceAsync(string name, ChangeNode request)
    {
        var plan = await PlanPlaceAsync(name, request.Rack, request.Site);
        if (!plan.IsOk)
            return plan.Fault;
        if (RefusalOf(plan.Value) is { } refused)
            return refused;
        return await node.SetPlaceAsync(name, request.Rack, request.Site) is { } fault ? fault : plan;
    }

    private async Task<Result<IReadOnlyList<ChangePlanView>>> PlanAsync(
        IReadOnlyList<DiskView> disks, Func<TopologyDisk, TopologyDisk> change)
    {
        var planner = await PlannerAsync(disks);
        return Result<IReadOnlyList<ChangePlanView>>.Ok(planner.Plan(topology => new Topology(topology.Disks.Select(change))));
    }
}
