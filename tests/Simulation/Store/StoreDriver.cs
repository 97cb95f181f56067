using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Store;

namespace Uss.Simulation.Store;

/// <summary>How a scenario makes and opens the store under test.</summary>
public abstract class StoreDriver
{
    /// <summary>Formats the disk.</summary>
    /// <returns>Null, or what prevented it.</returns>
    public abstract ValueTask<Fault?> FormatAsync(SimulatedReactor reactor, string path, StoreSettings settings);

    /// <summary>Opens the disk's store, recovering what a crash left.</summary>
    public abstract ValueTask<Result<IObjectStore>> OpenAsync(SimulatedReactor reactor, string path, StoreSettings settings);

    /// <summary>Asks a quiet store for a check of its own structures.</summary>
    /// <returns>Null when all is well, otherwise what is not.</returns>
    public virtual ValueTask<string?> CheckConsistencyAsync(IObjectStore store) => ValueTask.FromResult<string?>(null);

    /// <summary>Frees what a store holds whose process was killed.</summary>
    public virtual void Abandon(IObjectStore store)
    {
    }

    /// <summary>True when a store with room for data may still be short of room for what it keeps about the data.</summary>
    public virtual bool IsMetadataShort(IObjectStore store) => false;

    /// <summary>True for the bytes of the disk that hold clients' data only, where damage must be found by checksums.</summary>
    public virtual bool IsData(IObjectStore store, long offset, long length) => false;
}

/// <summary>What a seed chooses for its store.</summary>
public sealed record StoreSettings
{
    /// <summary>Size of the disk in bytes.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>Size of the log ring in bytes.</summary>
    public required long LogBytes { get; init; }

    /// <summary>Size of the zone for object maps in bytes.</summary>
    public required long MapBytes { get; init; }

    /// <summary>Memory for cached maps in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>A time within which idle work of the store begins, in milliseconds.</summary>
    public required int IdleMs { get; init; }
}
