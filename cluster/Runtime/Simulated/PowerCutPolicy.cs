namespace Uss.Runtime.Simulated;

/// <summary>
/// What one power cut does to unflushed sectors. Cuts differ in kind, because rare combinations (all but one write
/// kept, a single sector torn) break code that a mere coin for each sector would nearly never break.
/// </summary>
internal sealed class PowerCutPolicy
{
    private readonly SimulatedWorld _world;
    private readonly SeededRandom _random;
    private readonly Kind _kind;
    private readonly double _keep;
    private readonly double _tear;
    private readonly ulong _salt;
    private readonly long _lastKept;

    public PowerCutPolicy(SimulatedWorld world, SeededRandom random, long lastFlushed, long lastWritten)
    {
        _world = world;
        _random = random;
        _kind = (Kind)random.Next(5);
        _keep = random.NextDouble();
        _tear = random.Next(3) switch { 0 => 0, 1 => 0.02, _ => 0.3 };
        _salt = random.NextUInt64() | 1;
        _lastKept = lastFlushed + random.Next(lastWritten - lastFlushed + 1);
    }

    private enum Kind
    {
        DropAll,
        KeepAll,
        EachSector,
        EachWrite,
        UpToOneWrite,
    }

    /// <summary>Decides one sector of a page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="versions">Its unflushed writes, oldest first.</param>
    /// <param name="sector">The sector.</param>
    /// <param name="result">Its durable bytes; replaced by what is left after the cut.</param>
    public void Decide(SparsePage page, ReadOnlySpan<SparsePage.Version> versions, int sector, Span<byte> result)
    {
        var chosen = -1;
        var newest = -1;
        for (var i = 0; i < versions.Length; i++)
        {
            if ((versions[i].Mask & (1 << sector)) == 0 || versions[i].IsLost)
                continue;
            newest = i;
            if (Keeps(page, versions[i].Sequence))
                chosen = i;
        }

        if (newest < 0)
            return;
        if (chosen < 0)
        {
            _world.Faults.Add(FaultKind.SectorDropped);
            if (!_random.Chance(_tear))
                return;
            chosen = newest;
        }

        var source = versions[chosen].Data.AsSpan(sector * SparsePage.SectorBytes, SparsePage.SectorBytes);
        if (_kind != Kind.KeepAll && _random.Chance(_tear))
        {
            _world.Faults.Add(FaultKind.SectorTorn);
            Tear(source, result);
            return;
        }

        _world.Faults.Add(chosen == newest ? FaultKind.SectorKept : FaultKind.SectorReordered);
        source.CopyTo(result);
    }

    private bool Keeps(SparsePage page, long sequence) => _kind switch
    {
        Kind.DropAll => false,
        Kind.KeepAll => true,
        Kind.EachSector => _random.Chance(_keep),
        Kind.EachWrite => Coin((ulong)sequence),
        Kind.UpToOneWrite => sequence <= _lastKept,
        _ => page.IsDirty,
    };

    /// <summary>The same answer for every sector of one write.</summary>
    private bool Coin(ulong sequence) => (((sequence * 0x9E3779B97F4A7C15UL) ^ _salt) * _salt) >> 11 < _keep * (1UL << 53);

    private void Tear(ReadOnlySpan<byte> source, Span<byte> result)
    {
        var bytes = 1 + _random.Next(SparsePage.SectorBytes - 1);
        if (_random.Chance(0.5))
            source[..bytes].CopyTo(result);
        else
            source[bytes..].CopyTo(result[bytes..]);
    }
}
