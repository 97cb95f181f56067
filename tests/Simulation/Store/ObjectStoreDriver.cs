using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Store;

namespace Uss.Simulation.Store;

/// <summary>The real store.</summary>
public sealed class ObjectStoreDriver : StoreDriver
{
    /// <summary>Bugs planted into the store, to see that they are found.</summary>
    internal StoreFaults Faults { get; init; }

    /// <summary>A store with a bug of the given name, one of the store's planted ones.</summary>
    internal static ObjectStoreDriver WithPlantedBug(string name) => new() { Faults = Enum.Parse<StoreFaults>(name) };

    /// <inheritdoc/>
    public override async ValueTask<Fault?> FormatAsync(SimulatedReactor reactor, string path, StoreSettings settings)
    {
        var options = new StoreFormatOptions { LogBytes = settings.LogBytes, MapBytes = settings.MapBytes };
        return (await ObjectStore.FormatAsync(reactor, path, options)).Fault;
    }

    /// <inheritdoc/>
    public override async ValueTask<Result<IObjectStore>> OpenAsync(SimulatedReactor reactor, string path, StoreSettings settings)
    {
        var options = new StoreOptions
        {
            MemoryBytes = settings.MemoryBytes,
            IdleBarrierMs = settings.IdleMs,
            IdleCheckpointMs = settings.IdleMs * 10,
            DiscardDelayMs = settings.IdleMs,
            DiscardMinimumBytes = StoreUnits.BlockBytes,
            Faults = Faults,
        };
        var opened = await ObjectStore.OpenAsync(reactor, path, options);
        return opened.IsOk ? Result<IObjectStore>.Ok(opened.Value) : opened.Fault;
    }

    /// <inheritdoc/>
    public override async ValueTask<string?> CheckConsistencyAsync(IObjectStore store)
    {
        var report = await ((ObjectStore)store).VerifyAsync();
        return report.IsSound ? null : report.ToString();
    }

    /// <inheritdoc/>
    public override void Abandon(IObjectStore store) => ((ObjectStore)store).Abandon();

    /// <inheritdoc/>
    public override bool IsMetadataShort(IObjectStore store)
    {
        var state = ((ObjectStore)store).Core.State;
        return (state.ImagePagesNeeded + state.ImagePagesReserved) * 2 > state.ImagePagesForWrites;
    }

    /// <inheritdoc/>
    public override bool IsData(IObjectStore store, long offset, long length) =>
        offset >= ((ObjectStore)store).Core.Geometry.DataStart;
}
