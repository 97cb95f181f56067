using System.Runtime.InteropServices;

namespace Uss.Runtime.Simulated;

/// <summary>
/// 4 KiB of a simulated disk: what is durable, the unflushed writes on top of it in the order in which they came, and
/// which of its 512-byte sectors cannot be read.
/// </summary>
internal sealed class SparsePage(long index)
{
    public const int Bytes = 4096;
    public const int SectorBytes = 512;
    public const int Sectors = Bytes / SectorBytes;
    public const byte AllSectors = 0xFF;

    private static readonly byte[] _zeros = new byte[Bytes];

    private readonly List<Version> _versions = [];
    private byte[]? _durable;

    public long Index { get; } = index;

    /// <summary>Sectors that a read fails on.</summary>
    public byte Faulty { get; set; }

    /// <summary>Occupies space of the host's file system.</summary>
    public bool IsAllocated { get; set; }

    public bool IsDirty => _versions.Count > 0;

    /// <summary>True while the disk's list of dirty pages holds this page.</summary>
    public bool IsListed { get; set; }

    /// <summary>What a read sees.</summary>
    public ReadOnlySpan<byte> Current => _versions.Count > 0 ? _versions[^1].Data : Durable;

    /// <summary>What a power cut cannot take.</summary>
    public ReadOnlySpan<byte> Durable => _durable ?? _zeros;

    /// <summary>Writes the sectors of <paramref name="mask"/> straight to the medium.</summary>
    /// <param name="source">All bytes of the page; those outside the mask are ignored.</param>
    /// <param name="mask">Sectors to write.</param>
    /// <param name="tornSector">Sector of which only <paramref name="tornBytes"/> bytes are written; -1 for none.</param>
    /// <param name="tornBytes">See <paramref name="tornSector"/>.</param>
    public void WriteDurable(ReadOnlySpan<byte> source, byte mask, int tornSector = -1, int tornBytes = 0)
    {
        Invariant.Check(_versions.Count == 0);
        if (_durable is null)
        {
            _durable = PagePool.Rent();
            if (mask != AllSectors || tornSector >= 0)
                _durable.AsSpan().Clear();
        }

        if (mask == AllSectors && tornSector < 0)
            source.CopyTo(_durable);
        else
            CopySectors(source, _durable, mask, tornSector, tornBytes);
        Faulty &= (byte)~mask;
    }

    /// <summary>Writes the sectors of <paramref name="mask"/> to the volatile cache.</summary>
    public void WriteCached(ReadOnlySpan<byte> source, byte mask, long sequence)
    {
        var data = PagePool.Rent();
        if (mask == AllSectors)
        {
            source.CopyTo(data);
        }
        else
        {
            Current.CopyTo(data);
            CopySectors(source, data, mask, -1, 0);
        }

        _versions.Add(new Version(sequence, mask, data, IsLost: false));
        Faulty &= (byte)~mask;
    }

    /// <summary>Makes the cached writes up to <paramref name="sequence"/> durable.</summary>
    public void Flush(long sequence)
    {
        var count = 0;
        var isAnyLost = false;
        while (count < _versions.Count && _versions[count].Sequence <= sequence)
            isAnyLost |= _versions[count++].IsLost;
        if (count == 0)
            return;
        if (isAnyLost)
        {
            FlushAroundLost(count);
            return;
        }

        // Every version holds the whole page with all earlier ones applied, so the last one is what becomes durable.
        PagePool.Return(_durable);
        _durable = _versions[count - 1].Data;
        for (var i = 0; i < count - 1; i++)
            PagePool.Return(_versions[i].Data);
        _versions.RemoveRange(0, count);
    }

    /// <summary>Marks cached writes up to <paramref name="sequence"/> as never to become durable, each by chance.</summary>
    public void LoseSome(long sequence, SeededRandom random)
    {
        foreach (ref var version in CollectionsMarshal.AsSpan(_versions))
        {
            if (version.Sequence <= sequence && random.Chance(0.5))
                version = version with { IsLost = true };
        }
    }

    /// <summary>The power is gone: the medium keeps what <paramref name="cut"/> says.</summary>
    public void LosePower(PowerCutPolicy cut)
    {
        if (_versions.Count == 0)
            return;
        var result = PagePool.Rent();
        Durable.CopyTo(result);
        for (var sector = 0; sector < Sectors; sector++)
            cut.Decide(this, CollectionsMarshal.AsSpan(_versions), sector, result.AsSpan(sector * SectorBytes, SectorBytes));
        var faulty = Faulty;
        Release();
        _durable = result;
        Faulty = faulty;
    }

    /// <summary>Flips a bit of the medium (and of the cache, which was filled from it).</summary>
    public void FlipBit(int bit)
    {
        if (_durable is null)
        {
            _durable = PagePool.Rent();
            _durable.AsSpan().Clear();
        }

        _durable[bit >> 3] ^= (byte)(1 << (bit & 7));
        foreach (var version in _versions)
            version.Data[bit >> 3] ^= (byte)(1 << (bit & 7));
    }

    /// <summary>Becomes zeros and returns all memory.</summary>
    public void Release()
    {
        PagePool.Return(_durable);
        _durable = null;
        foreach (var version in _versions)
            PagePool.Return(version.Data);
        _versions.Clear();
        Faulty = 0;
    }

    private static void CopySectors(ReadOnlySpan<byte> source, Span<byte> destination, byte mask, int tornSector, int tornBytes)
    {
        for (var sector = 0; sector < Sectors; sector++)
        {
            if ((mask & (1 << sector)) == 0)
                continue;
            var length = sector == tornSector ? tornBytes : SectorBytes;
            source.Slice(sector * SectorBytes, length).CopyTo(destination[(sector * SectorBytes)..]);
        }
    }

    private void FlushAroundLost(int count)
    {
        var durable = PagePool.Rent();
        Durable.CopyTo(durable);
        PagePool.Return(_durable);
        _durable = durable;

        // A lost write stays visible until something newer covers it, but nothing makes it durable any more.
        byte covered = 0;
        for (var i = count - 1; i >= 0; i--)
        {
            var version = _versions[i];
            if (version.IsLost)
            {
                var mask = (byte)(version.Mask & ~covered);
                _versions[i] = version with { Mask = mask };
                if (mask != 0)
                    continue;
            }
            else
            {
                CopySectors(version.Data, durable, (byte)(version.Mask & ~covered), -1, 0);
                covered |= version.Mask;
            }

            PagePool.Return(version.Data);
            _versions.RemoveAt(i);
        }

        Rebuild();
    }

    /// <summary>Makes every version the whole page again after versions below it were taken out.</summary>
    private void Rebuild()
    {
        for (var i = 0; i < _versions.Count; i++)
        {
            var version = _versions[i];
            var data = PagePool.Rent();
            (i == 0 ? Durable : _versions[i - 1].Data).CopyTo(data);
            CopySectors(version.Data, data, version.Mask, -1, 0);
            PagePool.Return(version.Data);
            _versions[i] = version with { Data = data };
        }
    }

    /// <summary>One unflushed write.</summary>
    /// <param name="Sequence">Which write of the disk.</param>
    /// <param name="Mask">Sectors that it wrote.</param>
    /// <param name="Data">The whole page after it.</param>
    /// <param name="IsLost">A failed flush dropped it: it is visible, but will not survive.</param>
    internal readonly record struct Version(long Sequence, byte Mask, byte[] Data, bool IsLost);
}
