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

    /// <summary>Every change up to this version is done.</summary>
    public ulong CleanVersion { get; private set; }

    /// <summary>Changes under way.</summary>
    public int Pending { get; private set; }

    /// <summary>Starts again at a version that is known to be clean.</summary>
    public void Reset(ulong cleanVersion)
    {
        Invariant.Check(Pending == 0);
        _head = _tail = 0;
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

    /// <summary>The change is done, or left no trace on any member.</summary>
    public void End(long token)
    {
        Pending--;
        ref var slot = ref _ring[token & (_ring.Length - 1)];
        Invariant.Check(token >= _head && token < _tail && (slot & Done) == 0);
        slot |= Done;
        while (_head < _tail && (_ring[_head & (_ring.Length - 1)] & Done) != 0)
        {
            if (!_isFrozen)
                CleanVersion = _ring[_head & (_ring.Length - 1)] & ~Done;
            _head++;
        }
    }

    /// <summary>The change may have reached some members and not others: nothing from it on counts as clean any more.</summary>
    public void EndUncertain(long token)
    {
        _isFrozen = true;
        End(token);
    }

    private void Grow()
    {
        var larger = new ulong[(int)BitOperations.RoundUpToPowerOf2((uint)_ring.Length + 1)];
        for (var i = _head; i < _tail; i++)
            larger[i & (larger.Length - 1)] = _ring[i & (_ring.Length - 1)];
        _ring = larger;
    }
}
