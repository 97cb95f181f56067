using System.Numerics;
using Uss.Runtime;

namespace Uss.Replication;

/// <summary>
/// Knows up to which version all changes of a group are done: versions begin in rising order and end in any order.
/// Grows to the most changes ever under way and then allocates nothing.
/// </summary>
internal sealed class WriteTracker
{
    private const ulong Done = 1UL << 63;

    private ulong[] _ring = new ulong[8];
    private long _head;
    private long _tail;
    private bool _isFrozen;
    private List<(long Token, TaskCompletionSource Waiter)>? _drains;

    /// <summary>Every change up to this version is on all in-sync members.</summary>
    public ulong CleanVersion { get; private set; }

    /// <summary>Changes under way.</summary>
    public int Pending { get; private set; }

    /// <summary>Starts again at a version that is known to be clean.</summary>
    public void Reset(ulong cleanVersion)
    {
        Invariant.Check(Pending == 0);
        _head = _tail;
        _isFrozen = false;
        CleanVersion = cleanVersion;
    }

    /// <summary>A change with this version begins.</summary>
    /// <returns>A token for <see cref="End"/>.</returns>
    public long Begin(ulong version)
    {
        if (_tail - _head == _ring.Length)
            Grow();
        _ring[_tail & (_ring.Length - 1)] = version;
        Pending++;
        return _tail++;
    }

    /// <summary>The change is done.</summary>
    /// <param name="token">What <see cref="Begin"/> gave.</param>
    /// <param name="isCertain">False when it may have reached some members and not others: then nothing from it on counts
    /// as clean any more.</param>
    public void End(long token, bool isCertain = true)
    {
        Pending--;
        _isFrozen |= !isCertain;
        ref var slot = ref _ring[token & (_ring.Length - 1)];
        Invariant.Check(token >= _head && token < _tail && (slot & Done) == 0);
        slot |= Done;
        while (_head < _tail && (_ring[_head & (_ring.Length - 1)] & Done) != 0)
        {
            if (!_isFrozen)
                CleanVersion = _ring[_head & (_ring.Length - 1)] & ~Done;
            _head++;
        }

        if (_drains is not null)
            CompleteDrains();
    }

    /// <summary>Completes once every change that has begun by now is done.</summary>
    public Task DrainAsync()
    {
        if (_head == _tail)
            return Task.CompletedTask;
        var waiter = new TaskCompletionSource();
        (_drains ??= []).Add((_tail, waiter));
        return waiter.Task;
    }

    private void CompleteDrains()
    {
        var done = _drains!.Where(drain => drain.Token <= _head).ToList();
        _drains!.RemoveAll(drain => drain.Token <= _head);
        if (_drains.Count == 0)
            _drains = null;
        foreach (var (_, waiter) in done)
            waiter.SetResult();
    }

    private void Grow()
    {
        var larger = new ulong[(int)BitOperations.RoundUpToPowerOf2((uint)_ring.Length + 1)];
        for (var i = _head; i < _tail; i++)
            larger[i & (larger.Length - 1)] = _ring[i & (_ring.Length - 1)];
        _ring = larger;
    }
}
