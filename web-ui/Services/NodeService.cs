using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>The node's state, disks and sessions.</summary>
/// <param name="node">The node.</param>
/// <param name="luns">LUN maps, to count them.</param>
public sealed class NodeService(INode node, LunService luns)
{
    /// <summary>The state of the service in one page.</summary>
    public async Task<Result<StatusView>> StatusAsync()
    {
        var description = node.Describe();
        var volumes = await node.ListVolumesAsync();
        var disks = await node.ListDisksAsync();
        var sessions = await node.ListSessionsAsync();
        var mappings = await luns.ListAsync();
        var problems = disks.Where(disk => disk.Problem is not null).Select(disk => disk.Problem!).ToList();
        problems.AddRange(disks.Select(SpaceRules.Check).OfType<ProblemItem>());
        problems.AddRange(volumes.Where(volume => volume.Problem is not null).Select(volume => volume.Problem!));
        if (!mappings.IsOk)
            problems.Add(new ProblemItem(mappings.Fault.Code, mappings.Fault.Message, mappings.Fault.Remedy));
        return new StatusView
        {
            State = problems.Count == 0 ? "healthy" : volumes.Any(volume => volume.State == "failed") ? "failed" : "degraded",
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
            Sessions = sessions.Count(session => session.Kind == "normal"),
            Disks = disks.Count,
            DataBytes = disks.Sum(disk => disk.Figures?.DataBytes ?? 0),
            UsedBytes = disks.Sum(disk => disk.Figures?.UsedBytes ?? 0),
            MemoryBytes = Environment.WorkingSet,
        };
    }

    /// <summary>All disks, damaged and missing ones included.</summary>
    public Task<IReadOnlyList<DiskView>> DisksAsync() => node.ListDisksAsync();

    /// <summary>One disk, by name or path.</summary>
    public async Task<Result<DiskView>> DiskAsync(string name)
    {
        var disks = await node.ListDisksAsync();
        var found = disks.FirstOrDefault(disk => disk.Name == name || disk.Path == name);
        return found is null ? Faults.DiskNotFound(name) : found;
    }

    /// <summary>Logged-in sessions.</summary>
    public Task<IReadOnlyList<SessionView>> SessionsAsync() => node.ListSessionsAsync();
}
