using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Simulation.Store;
using Uss.Store;

namespace Uss.Simulation.Tests.Store;

internal sealed class FakeStoreDriver(FakeBug bug) : StoreDriver
{
    private FakeMedium _medium = new();

    public override ValueTask<Fault?> FormatAsync(SimulatedReactor reactor, string path, StoreSettings settings)
    {
        _medium = new FakeMedium();
        return ValueTask.FromResult<Fault?>(null);
    }

    public override async ValueTask<Result<IObjectStore>> OpenAsync(SimulatedReactor reactor, string path, StoreSettings settings)
    {
        var disk = await reactor.OpenDiskAsync(path, default);
        if (!disk.IsOk)
            return disk.Fault;
        await reactor.DelayAsync(100_000);
        return Result<IObjectStore>.Ok(new FakeStore(reactor, _medium, disk.Value, bug));
    }
}
