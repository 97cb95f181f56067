using Uss.Runtime;
using Uss.Store;

namespace Uss.Simulation.Store;

/// <summary>Draws the operations of a store scenario's clients.</summary>
internal sealed class StoreWorkload
{
    // Versions leave room below each for the stale ones that are sent on purpose.
    private const int VersionShift = 6;

    private readonly SeededRandom _random;
    private readonly StoreModel _model;
    private readonly StoreScenarioOptions _options;
    private readonly int _spaces;
    private readonly int _objects;
    private readonly int _firstBlock;
    private readonly int _span;
    private readonly int _longest;
    private ulong _lastVersion;
    private ulong _lastStamp;

    public StoreWorkload(SeededRandom random, StoreModel model, StoreScenarioOptions options)
    {
        _random = random;
        _model = model;
        _options = options;
        _spaces = 1 + random.Next(3);
        _objects = 1 + random.Next(12);
        _span = random.Next(4) switch { 0 => 8, 1 => 32, 2 => 128, _ => StoreUnits.BlocksPerObject };
        _firstBlock = random.Next(StoreUnits.BlocksPerObject - _span + 1);
        _longest = Math.Min(_span, random.Next(8) switch { < 5 => 16, < 7 => 64, _ => 512 });
    }

    /// <summary>The next operation; null when it would conflict with one under way.</summary>
    public StoreOperation? Next(List<StoreOperation> underWay)
    {
        var operation = Draw();
        foreach (var other in underWay)
        {
            if (operation.ConflictsWith(other))
                return null;
        }

        return operation;
    }

    private StoreOperation Draw()
    {
        var id = new ObjectId(1 + (ulong)_random.Next(_spaces), (uint)_random.Next(_objects));
        var count = (int)Math.Exp(_random.NextDouble() * Math.Log(_random.Next(3) == 0 ? _longest : Math.Min(4, _longest)));
        var first = _firstBlock + _random.Next(_span - count + 1);
        var space = _model.SpaceOf(id.Space);
        return _random.Next(100) switch
        {
            < 25 => Read(id, first, count, space),
            < 30 => new StoreOperation { Kind = StoreOperationKind.Describe, Id = id, FirstBlock = first, BlockCount = count },
            < 40 => Change(StoreOperationKind.Discard, id, first, count, space),
            < 44 when _options.UsesSnapshots => TakeSnapshot(id, first, count, space),
            < 47 when _options.UsesSnapshots => Drop(id, first, count, space),
            47 when _options.DeletesSpaces && _random.Next(2) == 0 => new StoreOperation { Kind = StoreOperationKind.DeleteSpace, Id = id },
            48 => Change(StoreOperationKind.Discard, id, 0, StoreUnits.BlocksPerObject, space),
            _ => Change(StoreOperationKind.Write, id, first, count, space),
        };
    }

    private StoreOperation Read(ObjectId id, int first, int count, ModelSpace space)
    {
        var sequence = StoreUnits.Head;
        if (space.Sequence > 0 && _random.Next(2) == 0)
        {
            var snapshots = space.Snapshots.ToArray();
            if (snapshots.Length > 0)
                sequence = snapshots[_random.Next(snapshots.Length)];
        }

        return new StoreOperation { Kind = StoreOperationKind.Read, Id = id, FirstBlock = first, BlockCount = count, Sequence = sequence };
    }

    private StoreOperation Change(StoreOperationKind kind, ObjectId id, int first, int count, ModelSpace space)
    {
        var version = ++_lastVersion << VersionShift;
        if (_options.SendsStaleVersions && _random.Next(20) == 0 && MayBeStale(id, first, count, space))
            version = ((1 + (ulong)_random.Next((long)_lastVersion)) << VersionShift) - 1 - (ulong)_random.Next((1 << VersionShift) - 2);
        var stamp = 0UL;
        if (kind == StoreOperationKind.Write && _random.Next(30) != 0)
        {
            stamp = _lastStamp + 1;
            _lastStamp += (ulong)count;
        }

        return new StoreOperation
        {
            Kind = kind,
            Id = id,
            FirstBlock = first,
            BlockCount = count,
            Version = version,
            Sequence = space.Sequence,
            Stamp = stamp,
        };
    }

    /// <summary>
    /// Versions are compared within a sequence: a late write under a newer snapshot than what it meets is another matter.
    /// </summary>
    private bool MayBeStale(ObjectId id, int first, int count, ModelSpace space)
    {
        if (space.HasDropped)
            return false;
        for (var block = first; block < first + count; block++)
        {
            var state = _model.Find(id, block, StoreUnits.Head);
            if (state.IsUncertain || (state.Version != 0 && state.Sequence != space.Sequence))
                return false;
        }

        return true;
    }

    /// <summary>A snapshot is only a number that later changes carry; a change follows it at once.</summary>
    private StoreOperation TakeSnapshot(ObjectId id, int first, int count, ModelSpace space)
    {
        if (space.Sequence < 8)
            space.TakeSnapshot();
        return Change(StoreOperationKind.Write, id, first, count, space);
    }

    private StoreOperation Drop(ObjectId id, int first, int count, ModelSpace space)
    {
        var snapshots = space.Snapshots.ToArray();
        if (snapshots.Length == 0)
            return Change(StoreOperationKind.Write, id, first, count, space);
        return new StoreOperation
        {
            Kind = StoreOperationKind.DropSnapshot,
            Id = id,
            Sequence = snapshots[_random.Next(snapshots.Length)],
        };
    }
}
