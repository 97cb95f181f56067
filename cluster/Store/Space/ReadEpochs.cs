using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// Tells when no read can still be looking at blocks that were freed at some instant: every read belongs to the epoch
/// in which it looked up its addresses, each freeing commit ends an epoch, and what was freed in an epoch may be
/// reused once no read of it or of an older one is under way.
/// </summary>
internal sealed class ReadEpochs : IDisposable
{
    private readonly NativeQueue<int> _reads = new();
    private ulong _oldest;

    /// <summary>Starts with epoch 0.</summary>
    public ReadEpochs() => _reads.Enqueue(0);

    /// <summary>The epoch of a read that starts now.</summary>
    public ulong Current => _oldest + (ulong)_reads.Count - 1;

    /// <summary>Epochs below this have no read left.</summary>
    public ulong Oldest => _oldest;

    /// <summary>Memory held, in bytes.</summary>
    public long MemoryBytes => _reads.MemoryBytes;

    /// <summary>A read starts.</summary>
    /// <returns>Its epoch, for <see cref="End"/>.</returns>
    public ulong Begin()
    {
        _reads[_reads.Count - 1]++;
        return Current;
    }

    /// <summary>A read has ended.</summary>
    /// <returns>True when <see cref="Oldest"/> moved.</returns>
    public bool End(ulong epoch)
    {
        Invariant.Check(epoch >= _oldest);
        ref var reads = ref _reads[(int)(epoch - _oldest)];
        Invariant.Check(reads > 0);
        reads--;
        return Advance();
    }

    /// <summary>Ends the present epoch: reads from now on cannot see what was freed before.</summary>
    /// <returns>The epoch that ended.</returns>
    public ulong Next()
    {
        var ended = Current;
        _reads.Enqueue(0);
        Advance();
        return ended;
    }

    /// <inheritdoc/>
    public void Dispose() => _reads.Dispose();

    private bool Advance()
    {
        var moved = false;
        while (_reads.Count > 1 && _reads[0] == 0)
        {
            _reads.Dequeue();
            _oldest++;
            moved = true;
        }

        return moved;
    }
}
