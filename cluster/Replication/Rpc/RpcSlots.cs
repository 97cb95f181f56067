using Uss.Runtime;

namespace Uss.Replication.Rpc;

/// <summary>
/// The peer's window and what is under way in it. A request's id names its slot and how often that was used, so that an
/// answer finds its call without a search. The slot of a call that timed out stays taken until the late answer comes:
/// so long the peer may still be working on it.
/// </summary>
internal sealed class RpcSlots
{
    private const int IndexBits = 16;

    private readonly Slot[] _slots;
    private readonly int[] _free;
    private readonly long _windowBytes;
    private int _freeCount;
    private long _usedBytes;

    public RpcSlots(int requests, int windowBytes)
    {
        _slots = new Slot[requests];
        _free = new int[requests];
        _windowBytes = windowBytes;
        for (var i = requests - 1; i >= 0; i--)
            _free[_freeCount++] = i;
    }

    /// <summary>Requests under way.</summary>
    public int Used => _slots.Length - _freeCount;

    /// <summary>True when the window has room for a request.</summary>
    public bool HasRoom(int costBytes) => _freeCount > 0 && _usedBytes + costBytes <= _windowBytes;

    /// <summary>Takes a slot for a call.</summary>
    public void Take(RpcCall call)
    {
        var index = _free[--_freeCount];
        ref var slot = ref _slots[index];
        slot.Uses++;
        slot.IsTaken = true;
        slot.Call = call;
        slot.CostBytes = call.CostBytes;
        slot.TargetBytes = call.Target.Length;
        _usedBytes += slot.CostBytes;
        call.Slot = index;
    }

    /// <summary>The id of the request in a slot.</summary>
    public ulong IdOf(int index) => (_slots[index].Uses << IndexBits) | (uint)index;

    /// <summary>Finds the slot of an answer.</summary>
    /// <returns>False when no such request is under way.</returns>
    public bool TryFind(ulong id, out int index, out RpcCall? call, out int targetBytes)
    {
        index = (int)(id & ((1 << IndexBits) - 1));
        call = null;
        targetBytes = 0;
        if (index >= _slots.Length || !_slots[index].IsTaken || IdOf(index) != id)
            return false;
        call = _slots[index].Call;
        targetBytes = _slots[index].TargetBytes;
        return true;
    }

    /// <summary>The call in a slot no longer waits.</summary>
    public void Forget(int index) => _slots[index].Call = null;

    /// <summary>Gives a slot back: its request was never sent or is answered.</summary>
    public void Free(int index)
    {
        ref var slot = ref _slots[index];
        Invariant.Check(slot.IsTaken);
        slot.IsTaken = false;
        slot.Call = null;
        _usedBytes -= slot.CostBytes;
        _free[_freeCount++] = index;
    }

    private struct Slot
    {
        public ulong Uses;
        public RpcCall? Call;
        public int CostBytes;
        public int TargetBytes;
        public bool IsTaken;
    }
}
