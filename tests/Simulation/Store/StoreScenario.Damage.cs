using Uss.Runtime.Simulated;
using Uss.Simulation.Blocks;
using Uss.Store;

namespace Uss.Simulation.Store;

/// <summary>
/// Phases in which the medium is at fault: bits rot, sectors become unreadable, reads fail or come back flipped, writes
/// and flushes fail. A read then says which blocks are damaged or gives the right bytes, never others.
/// </summary>
public sealed partial class StoreScenario
{
    private const long NsPerMs = 1_000_000;

    // Blocks that were found damaged for good, each by the write that it is of.
    private readonly HashSet<(ObjectId Id, int Block, ulong Version)> _damaged = [];
    private bool _isMediumBad;
    private bool _areReadsUnsure;
    private bool _areWritesUnsure;
    private long _flushErrorsBefore;

    /// <summary>Says whether this seed's medium is one that goes bad.</summary>
    private void ChooseMedium() => _isMediumBad = options.DamagesMedium && World.Stream("medium").Next(4) == 0;

    private void BeginDamagePhase()
    {
        if (!_isMediumBad || Crashes.Next(2) != 0)
            return;
        switch (Crashes.Next(4))
        {
            case < 2:
                SpoilPages();
                break;
            case 2:
                _areReadsUnsure = true;
                _disk.Faults.AppliesTo = (offset, length) => driver.IsData(_store, offset, length);
                _disk.Faults.ReadError = Crashes.NextDouble() * 0.1;
                _disk.Faults.ReadCorruption = Crashes.NextDouble() * 0.1;
                Reached("epochs with read errors");
                break;
            default:
                _areWritesUnsure = true;
                _flushErrorsBefore = World.Faults[FaultKind.FlushError];
                if (Crashes.Next(2) == 0)
                    _disk.Faults.WriteError = Crashes.NextDouble() * 0.05;
                else
                    _disk.Faults.FlushError = Crashes.NextDouble() * 0.05;
                Reached("epochs with write or flush errors");
                break;
        }
    }

    /// <summary>Ends faults by chance; what is spoiled stays so until it is written again.</summary>
    /// <returns>
    /// True when a flush failed: the device shows writes that it will not keep, and only its restart tells which.
    /// </returns>
    private bool EndFaults()
    {
        var free = _disk.Faults.HostFreeBytes;
        _disk.Faults.Clear();
        _disk.Faults.HostFreeBytes = free;
        _areReadsUnsure = false;
        var hasFlushFailed = _areWritesUnsure && World.Faults[FaultKind.FlushError] > _flushErrorsBefore;
        _areWritesUnsure = false;
        return hasFlushFailed;
    }

    private void EndDamagePhase()
    {
        if (EndFaults())
            BreakBy(BreakKind.PowerCut);
    }

    private void SpoilPages()
    {
        // A recovery tells acknowledged writes from others by their data until a barrier vouches for them, so that there
        // rot cannot be told from a write that never came to its end. Quiet time brings the barrier.
        World.RunFor(4 * _settings.IdleMs * NsPerMs);
        for (var count = 1 + Crashes.Next(12); count > 0 && _disk.WrittenPages > 0; count--)
        {
            var offset = _disk.WrittenPageOffset(Crashes.Next(_disk.WrittenPages));
            if (!driver.IsData(_store, offset, StoreUnits.BlockBytes))
                continue;
            if (Crashes.Next(2) == 0)
                _disk.FlipBit(offset + Crashes.Next(StoreUnits.BlockBytes), Crashes.Next(8));
            else
                _disk.BreakSectors(offset + (512 * Crashes.Next(8)), 512);
            Reached("pages spoiled");
        }
    }

    /// <summary>Judges one block of a read that reported damage and names this block as part of the span.</summary>
    private void CheckDamagedBlock(ObjectId id, int block, BlockState state, ReadOnlySpan<byte> content)
    {
        if (BlockContent.Is(content, state.IsPresent ? state.Stamp : 0))
            return;
        Require(BlockContent.Is(content, 0), $"{id} block {block} is damaged, but shows {BlockContent.Describe(content)}");
        Reached("damaged blocks reported");
        if (_areReadsUnsure)
            return;
        _damaged.Add((id, block, state.Version));
        var spoiled = World.Faults[FaultKind.BitRot] + World.Faults[FaultKind.LatentSectorError];
        Require(_damaged.Count <= spoiled, $"{spoiled} pages were spoiled, but {id} block {block} is damaged as number {_damaged.Count}");
    }
}
