using Uss.Runtime;

namespace Uss.Store;

/// <summary>Judging unproven records by their data.</summary>
internal sealed partial class Recovery
{
    private const int ProofsInFlight = 16;
    private const int BlocksPerProofRead = 64;

    // A record behind the last barrier was acknowledged only if its data was durable, so one whose data is not what its
    // checksums say was not. It is dropped whole: no block of it may appear without the others.
    private async ValueTask ProveAsync()
    {
        var first = 0;
        while (first < _items.Count && _items[first].Lsn <= _barrier)
            first++;
        var buffers = new PageBuffer[Math.Min(ProofsInFlight, _items.Count - first)];
        var proofs = new ValueTask<bool>[buffers.Length];
        for (var next = first; next < _items.Count; next++)
        {
            var place = (next - first) % ProofsInFlight;
            if (next - first >= ProofsInFlight)
                Judge(next - ProofsInFlight, await proofs[place]);
            buffers[place] ??= _core.Reactor.Buffers.Rent(BlocksPerProofRead * StoreUnits.BlockBytes);
            proofs[place] = ProveAsync(next, buffers[place]);
        }

        for (var last = Math.Max(first, _items.Count - ProofsInFlight); last < _items.Count; last++)
            Judge(last, await proofs[(last - first) % ProofsInFlight]);
        foreach (var buffer in buffers)
            buffer.Release();
    }

    private void Judge(int index, bool isProven)
    {
        var item = _items[index];
        if (!isProven && _voided.Add((item.Lsn, item.Ordinal)))
            Dropped.Add((item.Lsn, item.Ordinal));
    }

    private async ValueTask<bool> ProveAsync(int index, PageBuffer buffer)
    {
        for (var block = 0; RunAt(index, block) is var (address, length) && length > 0; block += length)
        {
            var data = buffer.Slice(0, length * StoreUnits.BlockBytes);
            var io = await _core.Disk.ReadAsync((long)address * StoreUnits.BlockBytes, data);
            if (io.IsOk ? !IsAsLogged(index, block, data.Span) : !await ProveOneByOneAsync(index, block, address, data))
                return false;
        }

        return true;
    }

    // What cannot be read proves nothing: the write may have been acknowledged, and to drop it would show what was there
    // before. It stays, so that reads report the damage.
    private async ValueTask<bool> ProveOneByOneAsync(int index, int block, ulong address, BufferSlice data)
    {
        for (var i = 0; i < data.Length / StoreUnits.BlockBytes; i++)
        {
            var one = data.Slice(i * StoreUnits.BlockBytes, StoreUnits.BlockBytes);
            var io = await _core.Disk.ReadAsync((long)(address + (ulong)i) * StoreUnits.BlockBytes, one);
            if (io.IsOk && !IsAsLogged(index, block + i, one.Span))
                return false;
        }

        return true;
    }

    private bool IsAsLogged(int index, int block, ReadOnlySpan<byte> data)
    {
        var checksums = ViewOf(_items[index]).Checksums[block..];
        for (var i = 0; i < data.Length / StoreUnits.BlockBytes; i++)
        {
            if (Crc32C.Compute(data.Slice(i * StoreUnits.BlockBytes, StoreUnits.BlockBytes)) != checksums[i])
                return false;
        }

        return true;
    }

    // Where a record's data lies from its n-th block on, as far as one read goes; length 0 behind the last block.
    private (ulong Address, int Length) RunAt(int index, int block)
    {
        foreach (ref readonly var extent in ViewOf(_items[index]).Extents)
        {
            if (block < extent.Length)
                return (extent.Address + (ulong)block, Math.Min(extent.Length - block, BlocksPerProofRead));
            block -= extent.Length;
        }

        return (0, 0);
    }
}
