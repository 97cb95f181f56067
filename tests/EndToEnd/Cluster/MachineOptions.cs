namespace Uss.EndToEnd.Cluster;

/// <summary>What the nodes of <see cref="ThreeMachines"/> are like.</summary>
internal sealed record MachineOptions
{
    /// <summary>Names that may log in.</summary>
    public required IReadOnlyList<string> Initiators { get; init; }

    /// <summary>Size of each node's disk file, which is sparse.</summary>
    public IReadOnlyList<string> DiskSizes { get; init; } = ["8G", "8G", "8G"];

    /// <summary>The nodes' disks lose what was not flushed when the power is cut, as this seed has it; null: nothing gets lost.</summary>
    public ulong? PowerSeed { get; init; }

    /// <summary>Members of etcd.</summary>
    public int EtcdMembers { get; init; } = 1;

    /// <summary>Called before the first node starts.</summary>
    public Action<ThreeMachines>? Prepare { get; init; }
}
