namespace Uss.Runtime.Simulated;

/// <summary>The medium and its cache: how operations change them.</summary>
public sealed partial class SimulatedDisk
{
    private static readonly byte[] _zeros = new byte[SparsePage.Bytes];

    private readonly Dictionary<long, SparsePage> _pages = [];
    private readonly List<SparsePage> _pageList = [];
    private readonly List<SparsePage> _dirty = [];
    private readonly byte[] _staging = new byte[SparsePage.Bytes];
    private long _lastWritten;
    private long _lastFlushed;

    internal void ReleasePages()
    {
        foreach (var page in _pageList)
            page.Release();
        _pageList.Clear();
        _pages.Clear();
        _dirty.Clear();
    }

    private IoResult Execute(SimulatedDiskOperation operation) => operation.Kind switch
    {
        DiskOperationKind.Read => Read(operation),
        DiskOperationKind.Write => Write(operation),
        DiskOperationKind.Flush => Flush(operation),
        DiskOperationKind.Discard => Discard(operation),
        _ => RefreshSize(operation),
    };

    private IoResult Read(SimulatedDiskOperation operation)
    {
        if (operation.Offset > SizeBytes - operation.Length)
            return IoResult.Failed(Errno.Io);
        if (IsUnreadable(operation.Offset, operation.Length) || ReadFails(operation))
        {
            _world.Count(FaultKind.ReadError);
            operation.Slice.Span.Fill(0xEE);
            return IoResult.Failed(Errno.Io);
        }

        CopyOut(operation);
        SpoilRead(operation);
        return new IoResult((int)operation.Length);
    }

    /// <summary>Copies what the disk shows now into the reader's buffer.</summary>
    private void CopyOut(SimulatedDiskOperation operation) => Peek(operation.Offset, operation.Slice.Span);

    private IoResult Write(SimulatedDiskOperation operation)
    {
        if (operation.Offset > SizeBytes - operation.Length)
        {
            // The disk shrank since it was opened: a file grows again under the write, a device has no such place.
            if (!Options.IsFile)
                return IoResult.Failed(Errno.NoSpace);
            SizeBytes = operation.Offset + operation.Length;
        }

        if (WriteFate(operation) is { } fate)
            return fate;
        return Store(operation.Offset, operation.Source, null) ? new IoResult((int)operation.Length) : IoResult.Failed(Errno.NoSpace);
    }

    /// <summary>Puts bytes on the disk; false when the host's file system ran full on the way.</summary>
    /// <param name="offset">Where.</param>
    /// <param name="source">What.</param>
    /// <param name="sectors">Decides for each sector whether it lands; null: all do.</param>
    private bool Store(long offset, ReadOnlySpan<byte> source, SeededRandom? sectors)
    {
        _lastWritten++;
        while (source.Length > 0)
        {
            var within = (int)(offset % SparsePage.Bytes);
            var length = Math.Min(source.Length, SparsePage.Bytes - within);
            var mask = MaskOf(within, length);
            if (sectors is not null)
                mask &= (byte)sectors.NextUInt64();
            if (mask != 0 && !StorePage(offset / SparsePage.Bytes, within, source[..length], mask))
                return false;
            BytesWritten += length;
            source = source[length..];
            offset += length;
        }

        return true;
    }

    private bool StorePage(long index, int within, ReadOnlySpan<byte> source, byte mask)
    {
        var page = PageAt(index);
        if (!page.IsAllocated)
        {
            if (Faults.HostFreeBytes < SparsePage.Bytes)
            {
                _world.Count(FaultKind.NoSpace);
                return false;
            }

            Occupy(page);
        }

        // Sectors of a part of a page stand at their place in a page's worth of bytes.
        if (source.Length < SparsePage.Bytes)
        {
            source.CopyTo(_staging.AsSpan(within));
            source = _staging;
        }

        Change(page, source, mask);
        return true;
    }

    private void Change(SparsePage page, ReadOnlySpan<byte> source, byte mask)
    {
        if (!Options.NeedsFlush)
        {
            page.WriteDurable(source, mask);
            return;
        }

        page.WriteCached(source, mask, _lastWritten);
        if (page.IsListed)
            return;
        page.IsListed = true;
        _dirty.Add(page);
    }

    private IoResult Flush(SimulatedDiskOperation operation)
    {
        if (_random.Chance(Faults.FlushError))
        {
            _world.Count(FaultKind.FlushError);
            foreach (var page in _dirty)
                page.LoseSome(operation.Sequence, _random);
            return IoResult.Failed(Errno.Io);
        }

        _lastFlushed = Math.Max(_lastFlushed, operation.Sequence);
        var kept = 0;
        for (var i = 0; i < _dirty.Count; i++)
        {
            var page = _dirty[i];
            page.Flush(operation.Sequence);
            page.IsListed = page.IsDirty;
            if (page.IsDirty)
                _dirty[kept++] = page;
        }

        _dirty.RemoveRange(kept, _dirty.Count - kept);
        return default;
    }

    /// <summary>Whole pages of the range become zeros or stay, each by chance; a file's holes are always zeros.</summary>
    private IoResult Discard(SimulatedDiskOperation operation)
    {
        _lastWritten++;
        var first = (operation.Offset + SparsePage.Bytes - 1) / SparsePage.Bytes;
        var end = (operation.Offset + operation.Length) / SparsePage.Bytes;
        if (end - first > _pageList.Count)
        {
            foreach (var page in _pageList)
            {
                if (page.Index >= first && page.Index < end)
                    DiscardPage(page);
            }

            return default;
        }

        for (var index = first; index < end; index++)
        {
            if (_pages.TryGetValue(index, out var page))
                DiscardPage(page);
        }

        return default;
    }

    private void DiscardPage(SparsePage page)
    {
        if (!Options.IsFile && _random.Chance(0.25))
            return;
        Change(page, _zeros, SparsePage.AllSectors);
        if (!page.IsAllocated)
            return;
        page.IsAllocated = false;
        AllocatedBytes -= SparsePage.Bytes;
        if (Faults.HostFreeBytes != long.MaxValue)
            Faults.HostFreeBytes += SparsePage.Bytes;
    }

    private IoResult RefreshSize(SimulatedDiskOperation operation)
    {
        operation.Handle.SizeBytes = SizeBytes;
        return default;
    }

    private void Occupy(SparsePage page)
    {
        page.IsAllocated = true;
        AllocatedBytes += SparsePage.Bytes;
        if (Faults.HostFreeBytes != long.MaxValue)
            Faults.HostFreeBytes -= SparsePage.Bytes;
    }

    private SparsePage PageAt(long index)
    {
        if (!_pages.TryGetValue(index, out var page))
        {
            _pages[index] = page = new SparsePage(index);
            _pageList.Add(page);
        }

        return page;
    }

    private static byte MaskOf(int within, int length) =>
        (byte)(((1 << (length / SparsePage.SectorBytes)) - 1) << (within / SparsePage.SectorBytes));
}
