namespace Uss.Store;

/// <summary>
/// Blocks freed by discards and deletes of which the device has not been told yet: a bit a block, so that what arrives
/// in pieces leaves in one.
/// </summary>
internal sealed class TrimQueue : IDisposable
{
    private readonly long _firstAddress;
    private readonly PagedBitmap _wanted;

    /// <summary>Creates an empty queue.</summary>
    public TrimQueue(in StoreGeometry geometry)
    {
        _firstAddress = geometry.FirstDataAddress;
        _wanted = new PagedBitmap(geometry.BitmapBlocks);
    }

    /// <summary>Blocks waiting.</summary>
    public long Blocks => _wanted.SetCount;

    /// <summary>Memory held, in bytes.</summary>
    public long MemoryBytes => _wanted.MemoryBytes;

    /// <summary>Adds freed blocks.</summary>
    public void Add(Extent extent) => _wanted.Change((long)extent.Address - _firstAddress, extent.Length, true);

    /// <summary>Adds a run of free blocks of any length.</summary>
    public void Add(ulong address, long length) => _wanted.Change((long)address - _firstAddress, length, true);

    /// <summary>Forgets blocks: told, in use again, or not worth it.</summary>
    public void Remove(ulong address, long length) => _wanted.Change((long)address - _firstAddress, length, false);

    /// <summary>The next block that waits, from <paramref name="address"/> on and around; 0 when there is none.</summary>
    public ulong Next(ulong address)
    {
        if (Blocks == 0)
            return 0;
        var from = Math.Max(0, (long)address - _firstAddress);
        var bit = _wanted.NextSet(Math.Min(from, _wanted.Length), _wanted.Length);
        if (bit == _wanted.Length)
            bit = _wanted.NextSet(0, _wanted.Length);
        return (ulong)(bit + _firstAddress);
    }

    /// <inheritdoc/>
    public void Dispose() => _wanted.Dispose();
}
