namespace Uss.Simulation.Store;

/// <summary>What a store scenario does besides crashes and power cuts.</summary>
public sealed record StoreScenarioOptions
{
    /// <summary>Fills the store and the host's file system in some of the epochs.</summary>
    public bool FillsUp { get; init; } = true;

    /// <summary>Takes, reads and drops snapshots.</summary>
    public bool UsesSnapshots { get; init; } = true;

    /// <summary>Deletes spaces.</summary>
    public bool DeletesSpaces { get; init; } = true;

    /// <summary>Lets the medium of some seeds go bad: rot, unreadable sectors, errors of reads, writes and flushes.</summary>
    public bool DamagesMedium { get; init; } = true;

    /// <summary>Sends writes whose version is older than what is there.</summary>
    public bool SendsStaleVersions { get; init; } = true;
}
