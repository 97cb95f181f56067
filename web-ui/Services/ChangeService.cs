using Uss.Placement;
using Uss.Runtime;
using Uss.Volumes;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>Disks and nodes that are added, drained, stopped for a while and removed; what each change does is known before.</summary>
/// <param name="node">The node.</param>
public sealed partial class ChangeService(INode node)
{
    /// <summary>What a change would do to each pool; changes nothing.</summary>
    /// <param name="drain">Nodes and disks that would drain: <c>node/NAME</c>, <c>disk/NAME</c>, or just the name.</param>
    /// <param name="undrain">Those that would take their share again.</param>
    /// <param name="add">Disks that would be added: <c>NODE:BYTES</c> or <c>NODE:BYTES:CLASS</c>.</param>
    public async Task<Result<IReadOnlyList<ChangePlanView>>> PlanAsync(
        IReadOnlyList<string> drain, IReadOnlyList<string> undrain, IReadOnlyList<string> add)
    {
        var (nodes, disks) = ((await node.DescribeClusterAsync()).Nodes, await node.ListDisksAsync());
        var (drained, undrained, added) = (new HashSet<Guid>(), new HashSet<Guid>(), new List<TopologyDisk>());
        foreach (var (names, chosen) in new[] { (drain, drained), (undrain, undrained) })
        {
            foreach (var name in names)
            {
                var found = Choose(name, nodes, disks);
                if (!found.IsOk)
                    return found.Fault;
                chosen.UnionWith(found.Value);
            }
        }

        foreach (var text in add)
        {
            var parts = text.Split(':');
            if (parts.Length is not (2 or 3) || !long.TryParse(parts[1], System.Globalization.CultureInfo.InvariantCulture, out var size) || size <= 0)
                return Faults.Bad("disk", $"'{text}' is no disk to add.", "Give NODE:BYTES or NODE:BYTES:CLASS.");
            var place = nodes.FirstOrDefault(candidate => candidate.Name == parts[0]);
            if (place is null && !parts[0].StartsWith('+'))
                return Faults.NodeNotFound(parts[0]);
            added.Add(new TopologyDisk
            {
                // Any identity that no disk has.
                Id = new Guid(-1 - added.Count, -1, -1, [0, 0, 0, 0, 0, 0, 0, 0]),
                WeightBytes = size,
                Node = parts[0].TrimStart('+'),
                Rack = place?.Rack ?? "rack",
                Site = place?.Site ?? "site",
                Class = parts.Length > 2 ? parts[2] : TopologyRules.AnyClass,
            });
        }

        return Result<IReadOnlyList<ChangePlanView>>.Ok((await PlannerAsync(disks)).Plan(topology => new Topology(
            topology.Disks.Select(disk =>
                drained.Contains(disk.Id) ? disk with { State = Placement.DiskState.Draining }
                : undrained.Contains(disk.Id) ? disk with { State = Placement.DiskState.Normal }
                : disk).Concat(added))));
    }

    /// <summary>Has a node's disks give up what they hold, or take their share again; returns what moves.</summary>
    public async Task<Result<IReadOnlyList<ChangePlanView>>> DrainNodeAsync(string name, bool isDraining)
    {
        if ((await node.DescribeClusterAsync()).Nodes.All(known => known.Name != name))
            return Faults.NodeNotFound(name);
        string[] target = ["node/" + name];
        var plan = isDraining ? await PlanAsync(target, [], []) : await PlanAsync([], target, []);
        if (!plan.IsOk)
            return plan.Fault;
        if (isDraining && RefusalOf(plan.Value) is { } refused)
            return refused;
        return await node.DrainNodeAsync(name, isDraining) is { } fault ? fault : plan;
    }

    /// <summary>What the planned stop of a node would do; changes nothing.</summary>
    public async Task<Result<IReadOnlyList<ChangePlanView>>> PlanMaintenanceAsync(string name)
    {
        var nodes = (await node.DescribeClusterAsync()).Nodes;
        if (nodes.All(known => known.Name != name))
            return Faults.NodeNotFound(name);
        var disks = await node.ListDisksAsync();

        // A node that is in maintenance may be stopped at any moment.
        var stopped = nodes.Where(known => known.Name == name || known.Mode == "maintenance").Select(known => known.Name).ToHashSet();
        return Result<IReadOnlyList<ChangePlanView>>.Ok((await PlannerAsync(disks)).PlanStop(
            disks.Where(disk => stopped.Contains(disk.Node ?? "") || nodes.Count == 1).Select(IdOf).OfType<Guid>().ToHashSet()));
    }

    /// <summary>Prepares a node for a planned stop, or ends that; returns what happens.</summary>
    /// <param name="name">The node.</param>
    /// <param name="isOn">Prepare or end.</param>
    /// <param name="confirm">Repeats the name where groups will have to wait.</param>
    public async Task<Result<IReadOnlyList<ChangePlanView>>> SetMaintenanceAsync(string name, bool isOn, string? confirm)
    {
        var plan = await PlanMaintenanceAsync(name);
        if (!plan.IsOk)
            return plan.Fault;
        if (isOn && confirm != name && RefusalOf(plan.Value) is { } refused)
            return refused with { Remedy = $"{refused.Remedy} To go on all the same: `--confirm {name}`, in the API `?confirm={name}`." };
        return await node.SetMaintenanceAsync(name, isOn) is { } fault ? fault : plan;
    }

    /// <summary>Takes a node out of the cluster: one without copies.</summary>
    /// <param name="name">The node.</param>
    /// <param name="confirm">Must repeat the name.</param>
    public async Task<Result<NodeView>> RemoveNodeAsync(string name, string? confirm)
    {
        var cluster = await node.DescribeClusterAsync();
        if (cluster.Nodes.FirstOrDefault(known => known.Name == name) is not { } found)
            return Faults.NodeNotFound(name);
        if (cluster.IsAlone)
            return new Fault("node-in-use", "There is only this node.", "Stop the service instead.");
        if (confirm != name)
            return Faults.ConfirmationRequired("node", name);
        return await node.RemoveNodeAsync(name) is { } fault ? fault : found;
    }

    /// <summary>Has a disk give up what it holds, or take its share again; returns what moves.</summary>
    public async Task<Result<IReadOnlyList<ChangePlanView>>> DrainDiskAsync(string name, bool isDraining)
    {
        var found = await FindAsync(name);
        if (!found.IsOk)
            return found.Fault;
        string[] target = ["disk/" + found.Value];
        var plan = isDraining ? await PlanAsync(target, [], []) : await PlanAsync([], target, []);
        if (!plan.IsOk)
            return plan.Fault;
        if (isDraining && RefusalOf(plan.Value) is { } refused)
            return refused;
        return await node.DrainDiskAsync(found.Value, isDraining) is { } fault ? fault : plan;
    }

    /// <summary>Takes a disk out of the records: one without copies.</summary>
    /// <param name="name">The disk.</param>
    /// <param name="confirm">Must repeat the name.</param>
    public async Task<Result<DiskView>> RemoveDiskAsync(string name, string? confirm)
    {
        var found = NodeService.FindOne(await node.ListDisksAsync(), name);
        if (!found.IsOk)
            return found.Fault;
        var disk = found.Value;
        if (confirm != name && confirm != disk.FullName)
            return Faults.ConfirmationRequired("disk", disk.FullName);
        return await node.RemoveDiskAsync(Guid.Parse(disk.Id!)) is { } fault ? fault : disk;
    }

    /// <summary>Gives the node that is asked another disk.</summary>
    public async Task<Result<DiskView>> AddDiskAsync(AddDisk request)
    {
        if (!Path.IsPathRooted(request.Path))
            return Faults.Bad("path", $"'{request.Path}' is no absolute path.", "Give the path from the root, for example /dev/sdc.");
        if (request.SizeBytes is { } size && Names.CheckSize(size) is not null)
            return Faults.Bad("size", $"{size} bytes is no size for a disk.", "Use a multiple of 512 bytes, for example 100G.");
        if (request.Class is { } name && TopologyRules.CheckClass(name) is { } badClass)
            return badClass;
        var cluster = await node.DescribeClusterAsync();
        if (request.Node is { } wanted && cluster.Nodes.FirstOrDefault(known => known.IsAsked) is { } asked && asked.Name != wanted)
        {
            return cluster.Nodes.All(known => known.Name != wanted) ? Faults.NodeNotFound(wanted) : new Fault(
                "bad-node",
                $"This is node {asked.Name}; the disk {request.Path} of node {wanted} can be opened there only.",
                $"Run the command on node {wanted}, or give the data folder of {wanted} with --data.");
        }

        Guid? replaced = null;
        if (request.Replaces is { } old)
        {
            var found = await FindAsync(old);
            if (!found.IsOk)
                return found.Fault;
            replaced = found.Value;
        }

        return await node.AddDiskAsync(request, replaced);
    }

    /// <summary>Whether a disk can be pulled out now.</summary>
    public async Task<Result<PullView>> SafeToPullAsync(string name)
    {
        var found = NodeService.FindOne(await node.ListDisksAsync(), name);
        if (!found.IsOk)
            return found.Fault;
        var (disk, id) = (found.Value, Guid.Parse(found.Value.Id!));
        var groups = (await node.ListGroupsAsync()).Where(group => group.InSync.Contains(id)).ToList();
        var left = groups.ConvertAll(group => group.Usable.Count(other => other != id));
        var last = left.Count(copies => copies == 0);
        var below = groups.Where((group, index) => left[index] < group.MinimumCopies).Count();
        return new PullView
        {
            Disk = disk.FullName,
            IsSafe = below == 0,
            Reason = groups.Count == 0 ? "no placement group has a copy there"
                : last > 0 ? $"{last} placement groups have their last copy there"
                : below > 0 ? $"{below} of its {groups.Count} placement groups would have too few copies and wait"
                : $"each of its {groups.Count} placement groups has {left.Min()} or more copies elsewhere that are in sync",
        };
    }

    private async Task<ChangePlanner> PlannerAsync(IReadOnlyList<DiskView> disks) =>
        new(await node.ListPoolsAsync(), await node.ListGroupsAsync(), disks);

    private async Task<Result<Guid>> FindAsync(string name)
    {
        var found = NodeService.FindOne(await node.ListDisksAsync(), name);
        return found.IsOk ? Guid.Parse(found.Value.Id!) : found.Fault;
    }

    private static Result<IReadOnlyList<Guid>> Choose(string name, IReadOnlyList<NodeView> nodes, IReadOnlyList<DiskView> disks)
    {
        var (isNode, isDisk) = (name.StartsWith("node/", StringComparison.Ordinal), name.StartsWith("disk/", StringComparison.Ordinal));
        var bare = isNode || isDisk ? name[5..] : name;
        if (!isDisk && nodes.Any(known => known.Name == bare))
        {
            return Result<IReadOnlyList<Guid>>.Ok(
                [.. disks.Where(disk => nodes.Count == 1 || disk.Node == bare).Select(IdOf).OfType<Guid>()]);
        }

        if (isNode)
            return Faults.NodeNotFound(bare);
        var found = NodeService.FindOne(disks, bare);
        return found.IsOk ? Result<IReadOnlyList<Guid>>.Ok([Guid.Parse(found.Value.Id!)]) : found.Fault;
    }

    private static Fault? RefusalOf(IReadOnlyList<ChangePlanView> plan) =>
        plan.FirstOrDefault(pool => pool.IsRefused)?.Problem is { } problem ? new Fault(problem.Code, problem.Message, problem.Fix) : null;

    private static Guid? IdOf(DiskView disk) => Guid.TryParse(disk.Id, out var id) ? id : null;
}
