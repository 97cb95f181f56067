namespace Uss.Runtime.Simulated;

/// <summary>What goes wrong: by chance, by order of a scenario, at a crash and at a power cut.</summary>
public sealed partial class SimulatedDisk
{
    /// <summary>Pages ever written, as a number to choose one from with <see cref="WrittenPageOffset"/>.</summary>
    public int WrittenPages => _pageList.Count;

    /// <summary>Offset in bytes of a page that was once written, 0 to <see cref="WrittenPages"/> - 1 in order of first writing.</summary>
    public long WrittenPageOffset(int which) => _pageList[which].Index * SparsePage.Bytes;

    /// <summary>Flips one stored bit.</summary>
    /// <param name="offset">The byte.</param>
    /// <param name="bit">0 to 7.</param>
    public void FlipBit(long offset, int bit)
    {
        _world.Count(FaultKind.BitRot);
        _world.Fold(offset, bit);
        PageAt(offset / SparsePage.Bytes).FlipBit(((int)(offset % SparsePage.Bytes) * 8) + bit);
    }

    /// <summary>Makes the sectors of a range unreadable until they are written again.</summary>
    public void BreakSectors(long offset, long length)
    {
        for (var at = offset / SparsePage.SectorBytes; at * SparsePage.SectorBytes < offset + length; at++)
        {
            _world.Count(FaultKind.LatentSectorError);
            _world.Fold(at, 0);
            PageAt(at / SparsePage.Sectors).Faulty |= (byte)(1 << (int)(at % SparsePage.Sectors));
        }
    }

    /// <summary>Copies what the disk shows at <paramref name="offset"/>, past every fault: for checks and tests.</summary>
    public void Peek(long offset, Span<byte> destination, bool durableOnly = false)
    {
        while (destination.Length > 0)
        {
            var within = (int)(offset % SparsePage.Bytes);
            var length = Math.Min(destination.Length, SparsePage.Bytes - within);
            if (_pages.TryGetValue(offset / SparsePage.Bytes, out var page))
                (durableOnly ? page.Durable : page.Current).Slice(within, length).CopyTo(destination);
            else
                destination[..length].Clear();
            destination = destination[length..];
            offset += length;
        }
    }

    /// <summary>Changes the size: a file was truncated, a device was grown. What lay behind the new end is gone.</summary>
    public void Resize(long sizeBytes)
    {
        _world.Count(FaultKind.SizeChange);
        SizeBytes = sizeBytes;
        foreach (var page in _pageList)
        {
            if (page.Index * SparsePage.Bytes >= sizeBytes)
                page.Release();
        }
    }

    /// <summary>The power is gone; whoever had the disk open was killed before.</summary>
    internal void LosePower()
    {
        Invariant.Check(_lockedBy is null);
        _world.Count(FaultKind.PowerCut);
        _world.Trace?.Invoke($"{_world.NowNs} {Path} loses power with {_dirty.Count} unflushed pages");
        var cut = new PowerCutPolicy(_world, _random, _lastFlushed, _lastWritten);
        foreach (var page in _dirty)
        {
            page.LosePower(cut);
            page.IsListed = false;
            _world.Fold(page.Durable);
        }

        _dirty.Clear();
        _lastFlushed = _lastWritten;
    }

    /// <summary>The process that asked for the operation died before its end.</summary>
    private void Interrupt(SimulatedDiskOperation operation)
    {
        var chance = _random.Next(3);
        if (operation.Kind == DiskOperationKind.Discard && chance > 0)
            Discard(operation);
        if (operation.Kind != DiskOperationKind.Write)
            return;
        _world.Count(
            chance switch
            {
                0 => FaultKind.InFlightWriteLost,
                1 => FaultKind.InFlightWritePartial,
                _ => FaultKind.InFlightWriteKept,
            });
        if (chance > 0)
            Store(operation.Offset, operation.Source, chance == 1 ? _random : null);
    }

    private bool IsUnreadable(long offset, long length)
    {
        var end = (offset + length + SparsePage.Bytes - 1) / SparsePage.Bytes;
        for (var index = offset / SparsePage.Bytes; index < end; index++)
        {
            if (!_pages.TryGetValue(index, out var page) || page.Faulty == 0)
                continue;
            var start = Math.Max(offset - (index * SparsePage.Bytes), 0);
            var stop = Math.Min(offset + length - (index * SparsePage.Bytes), SparsePage.Bytes);
            if ((page.Faulty & MaskOf((int)start, (int)(stop - start))) != 0)
                return true;
        }

        return false;
    }

    private bool ReadFails(SimulatedDiskOperation operation)
    {
        if (!Faults.Strikes(operation.Offset, operation.Length))
            return false;
        if (_random.Chance(Faults.LatentSectorError))
        {
            BreakSectors(operation.Offset, SparsePage.SectorBytes);
            return true;
        }

        return _random.Chance(Faults.ReadError);
    }

    private void SpoilRead(SimulatedDiskOperation operation)
    {
        if (!Faults.Strikes(operation.Offset, operation.Length))
            return;
        if (_random.Chance(Faults.ReadCorruption))
        {
            _world.Count(FaultKind.ReadCorruption);
            operation.Slice.Span[_random.Next((int)operation.Length)] ^= (byte)(1 << _random.Next(8));
        }

        if (_random.Chance(Faults.StaleRead))
        {
            _world.Count(FaultKind.StaleRead);
            Peek(operation.Offset, operation.Slice.Span, durableOnly: true);
        }
    }

    /// <summary>What becomes of a write that does not do what it should; null: it does.</summary>
    private IoResult? WriteFate(SimulatedDiskOperation operation)
    {
        if (!Faults.Strikes(operation.Offset, operation.Length))
            return null;
        if (_random.Chance(Faults.WriteError))
        {
            _world.Count(FaultKind.WriteError);
            Store(operation.Offset, operation.Source, _random);
            return IoResult.Failed(Errno.Io);
        }

        if (_random.Chance(Faults.LostWrite))
        {
            _world.Count(FaultKind.LostWrite);
            return new IoResult((int)operation.Length);
        }

        if (!_random.Chance(Faults.MisdirectedWrite))
            return null;
        var sectors = (SizeBytes - operation.Length) / Options.SectorBytes;
        var elsewhere = _random.Next(sectors + 1) * Options.SectorBytes;
        if (elsewhere == operation.Offset || !Faults.Strikes(elsewhere, operation.Length))
            return null;
        _world.Count(FaultKind.MisdirectedWrite);
        Store(elsewhere, operation.Source, null);
        return new IoResult((int)operation.Length);
    }
}
