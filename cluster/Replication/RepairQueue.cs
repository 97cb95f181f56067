using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

/// <summary>Damaged ranges that wait to be repaired in the background: a few at a time, each once.</summary>
internal sealed class RepairQueue(Reactor reactor)
{
    private const int AtOnce = 4;

    private readonly Queue<Repair> _queue = new();
    private readonly HashSet<Repair> _known = [];
    private int _running;

    public int Count => _known.Count;

    /// <summary>Asks for a repair; does nothing when the same range waits already.</summary>
    public void Add(PlacementGroup group, ObjectId id, int firstBlock, int blockCount)
    {
        var repair = new Repair(group, id, firstBlock, blockCount);
        if (!_known.Add(repair))
            return;
        _queue.Enqueue(repair);
        if (_running >= AtOnce)
            return;
        _running++;
        reactor.Spawn(RunAsync());
    }

    private async ValueTask RunAsync()
    {
        // What the damage held up goes first.
        await reactor.YieldAsync();
        while (_queue.TryDequeue(out var repair))
        {
            await repair.Group.RepairAsync(repair.Id, repair.FirstBlock, repair.BlockCount);
            _known.Remove(repair);
        }

        _running--;
    }

    private readonly record struct Repair(PlacementGroup Group, ObjectId Id, int FirstBlock, int BlockCount);
}
