using Uss.Simulation.Cluster;
using Uss.Simulation.Nfs;
using Uss.Simulation.Store;
using Uss.Simulation.Target;
using Uss.Simulation.Volumes;

namespace Uss.Simulation;

/// <summary>The scenarios by name.</summary>
public static class ScenarioCatalog
{
    private static readonly SortedDictionary<string, ScenarioEntry> _entries = new(StringComparer.Ordinal)
    {
        ["cluster"] = new(
            "cluster",
            "Nodes with replicated volumes: processes, machines, links, disks and coordination fail while clients work.",
            static () => new ClusterScenario()),
        ["nfs"] = new(
            "nfs",
            "A file system through the NFS front-ends of a cluster: owners and front-ends fail while clients work and send calls again.",
            static () => new NfsScenario()),
        ["recovery"] = new(
            "recovery",
            "The cluster when more machines are lost for good than its groups can bear, and somebody decides to go on.",
            static () => new ClusterScenario(isForced: true)),
        ["store"] = new(
            "store",
            "One store on one disk against a plain model, with crashes, power cuts and full disks.",
            static () => new StoreScenario(new ObjectStoreDriver(), new StoreScenarioOptions())),
        ["target"] = new(
            "target",
            "The iSCSI target under initiators on a bad network.",
            static () => new TargetScenario()),
        ["volumes"] = new(
            "volumes",
            "The block layer of one node with one and two copies, losing power, disks, bits and coordination.",
            static () => new VolumeScenario()),
    };

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyCollection<ScenarioEntry> All => _entries.Values;

    /// <summary>One of them; null when there is none of that name.</summary>
    public static ScenarioEntry? Find(string name) => _entries.GetValueOrDefault(name);
}

/// <summary>A scenario that can be run.</summary>
/// <param name="Name">Its name in kebab-case.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Create">Makes one instance, for one run.</param>
public sealed record ScenarioEntry(string Name, string Description, Func<Scenario> Create);
