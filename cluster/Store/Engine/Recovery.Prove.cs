using Uss.Runtime;

namespace Uss.Store;

/// <summary>Judging unproven records by their data.</summary>
internal sealed partial class Recovery
{
    private const int ReadsInFlight = 32;

    // A record behind the last barrier was acknowledged only if its data was durable, so one whose data is not what its
    // checksums say was not. It is dropped whole: no block of it may appear without the others.
    private async ValueTask<Fault?> ProveAsync()
    {
        var first = 0;
        while (first < _items.Count && _items[first].Lsn <= _barrier)
            first++;
        var buffers = new PageBuffer[ReadsInFlight];
        var proofs = new ValueTask<bool>[ReadsInFlight];
        for (var next = first; next < _items.Count; next += ReadsInFlight)
        {
            var count = Math.Min(ReadsInFlight, _items.Count - next);
            for (var i = 0; i < count; i++)
            {
                buffers[i] ??= _core.Reactor.Buffers.Rent(StoreUnits.BlockBytes);
                proofs[i] = ProveAsync(next + i, buffers[i]);
            }

            for (var i = 0; i < count; i++)
            {
                var item = _items[next + i];
                if (!await proofs[i] && _voided.Add((item.Lsn, item.Ordinal)))
                    Dropped.Add((item.Lsn, item.Ordinal));
            }
        }

        foreach (var buffer in buffers)
            buffer?.Release();
        return null;
    }

    private async ValueTask<bool> ProveAsync(int index, PageBuffer buffer)
    {
        for (var block = 0; BlockOf(index, block) is var (address, checksum) && address != 0; block++)
        {
            var io = await _core.Disk.ReadAsync((long)address * StoreUnits.BlockBytes, buffer.Slice(0, StoreUnits.BlockBytes));
            if (!io.IsOk || Crc32C.Compute(buffer.Slice(0, StoreUnits.BlockBytes).Span) != checksum)
                return false;
        }

        return true;
    }

    // Address and checksum of a record's n-th block; address 0 behind the last.
    private (ulong Address, uint Checksum) BlockOf(int index, int block)
    {
        var view = ViewOf(_items[index]);
        var left = block;
        foreach (ref readonly var extent in view.Extents)
        {
            if (left < extent.Length)
                return (extent.Address + (ulong)left, view.Checksums[block]);
            left -= extent.Length;
        }

        return (0, 0);
    }
}
