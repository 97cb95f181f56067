using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>The node's state, disks and sessions.</summary>
/// <param name="node">The node.</param>
/// <param name="luns">LUN maps, to count them.</param>
/// <param name="exports">Exports, to count them.</param>
public sealed class NodeService(INode node, LunService luns, ExportService exports)
{
    /// <summary>The state of the service in one page.</summary>
    public async Task<Result<StatusView>> StatusAsync()
    {
        var description = node.Describe();
        var volumes = await node.ListVolumesAsync();
        var disks = await node.ListDisksAsync();
        var sessions = await node.ListSessionsAsync();
        var mappings = await luns.ListAsync();
        var exported = await exports.ListAsync();
        var fileSystems = await node.ListFileSystemsAsync();
        var cluster = await node.DescribeClusterAsync();
        var problems = ClusterRules.Check(cluster).ToList();
        problems.AddRange(disks.Where(disk => disk.Problem is not null).Select(disk => disk.Problem!));
        problems.AddRange(disks.Select(SpaceRules.Check).OfType<ProblemItem>());
        problems.AddRange(volumes.Where(volume => volume.Problem is not null).Select(volume => volume.Problem!));
        problems.AddRange(fileSystems.Where(found => found.Problem is not null).Select(found => found.Problem!));
        var isReachable = mappings.IsOk || mappings.Fault.Code != Faults.RecordsUnavailable.Code;
        if (!isReachable && !cluster.IsAlone)
            problems.Add(ClusterRules.CoordinationAway);
        else if ((mappings.Fault ?? exported.Fault) is { } unread)
            problems.Add(new ProblemItem(unread.Code, unread.Message, unread.Remedy));
        return new StatusView
        {
            State = problems.Count == 0 ? "healthy"
                : volumes.Any(volume => volume.State == "failed") || fileSystems.Any(found => found.State == "failed") ? "failed"
                : "degraded",
            Problems = problems,
            Version = description.Version,
            ProcessId = Environment.ProcessId,
            Started = description.Started,
            Target = description.Target,
            Portals = description.Portals,
            OpenOnLoopback = description.OpenOnLoopback,
            Reactor = description.Reactor,
            Volumes = volumes.Count,
            DegradedVolumes = volumes.Count(volume => volume.State == "degraded"),
            FailedVolumes = volumes.Count(volume => volume.State == "failed"),
            Luns = mappings.IsOk ? mappings.Value.Count : 0,
            Nfs = node.NfsAddresses,
            FileSystems = fileSystems.Count,
            Exports = exported.IsOk ? exported.Value.Count : 0,
            Sessions = sessions.Count(session => session.Kind == "normal"),
            Disks = disks.Count,
            Cluster = cluster.IsAlone ? null : ClusterRules.View(cluster, isReachable),
            DataBytes = disks.Where(disk => disk.UsedBytes is not null).Sum(disk => disk.DataBytes),
            UsedBytes = disks.Sum(disk => disk.UsedBytes ?? 0),
            MemoryBytes = Environment.WorkingSet,
        };
    }

    /// <summary>All nodes, by name.</summary>
    public async Task<IReadOnlyList<NodeView>> NodesAsync() => (await node.DescribeClusterAsync()).Nodes;

    /// <summary>All disks of all nodes, damaged and missing ones included.</summary>
    public Task<IReadOnlyList<DiskView>> DisksAsync() => node.ListDisksAsync();

    /// <summary>One disk, by name, with or without its node, path or identity.</summary>
    public async Task<Result<DiskView>> DiskAsync(string name)
    {
        var found = Find(await node.ListDisksAsync(), name);
        return found is null ? Faults.DiskNotFound(name) : found;
    }

    /// <summary>Finds a disk; of several nodes' disks of one name the first.</summary>
    public static DiskView? Find(IReadOnlyList<DiskView> disks, string name) =>
        disks.FirstOrDefault(disk => disk.FullName == name || disk.Id == name)
        ?? disks.FirstOrDefault(disk => disk.Name == name || disk.Path == name);

    /// <summary>Finds the disk that is to be changed. Faults: none, or several nodes' disks of that name.</summary>
    public static Result<DiskView> FindOne(IReadOnlyList<DiskView> disks, string name)
    {
        if (Find(disks, name) is not { Id: not null } found)
            return Faults.DiskNotFound(name);
        var same = disks.Where(disk => disk.Name == name || disk.Path == name).ToList();
        return found.FullName == name || found.Id == name || same.Count == 1 ? found : Faults.Bad(
            "disk",
            $"There are {same.Count} disks '{name}': {string.Join(", ", same.Select(disk => disk.FullName))}.",
            $"Name the node too, for example {found.FullName}.");
    }

    /// <summary>Logged-in sessions.</summary>
    public Task<IReadOnlyList<SessionView>> SessionsAsync() => node.ListSessionsAsync();
}
