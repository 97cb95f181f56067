using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

/// <summary>What all volumes of one reactor share: pools of the objects that an operation needs for its time.</summary>
internal sealed class VolumeContext(Reactor reactor)
{
    private readonly Stack<PieceTasks> _pieceTasks = new();
    private readonly Stack<BlockDescription[]> _descriptions = new();

    public Reactor Reactor { get; } = reactor;

    public ChecksumArrays Checksums { get; } = new();

    public PieceTasks RentTasks() => _pieceTasks.TryPop(out var tasks) ? tasks : new PieceTasks();

    public void Return(PieceTasks tasks) => _pieceTasks.Push(tasks);

    public BlockDescription[] RentDescriptions() =>
        _descriptions.TryPop(out var descriptions) ? descriptions : new BlockDescription[StoreUnits.BlocksPerObject];

    public void Return(BlockDescription[] descriptions) => _descriptions.Push(descriptions);
}

/// <summary>The pieces of one operation that are under way, one an object.</summary>
internal sealed class PieceTasks
{
    /// <summary>Enough for the largest buffer at any alignment: 16 MiB touch at most 5 objects.</summary>
    public const int Capacity = 8;

    /// <summary>The tasks.</summary>
    public ValueTask<VolumeResult>[] Tasks { get; } = new ValueTask<VolumeResult>[Capacity];
}
