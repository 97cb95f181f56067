using Uss.Runtime;

namespace Uss.Store.Tests;

/// <summary>
/// Random changes and reads on a store from several workers, checked against a model: during the run, and after each
/// crash, when every acknowledged change must be there and each change that was under way is there whole or not at all.
/// </summary>
internal sealed class StoreWorkload(StoreRig rig, ulong seed)
{
    private const ulong Space = 5;
    private const int Objects = 6;
    private const int HotBlocks = 40;

    private readonly SeededRandom _random = SeededRandom.Stream(seed, "workload");
    private readonly StoreModel _model = new();
    private readonly List<uint> _snapshots = [];
    private ulong _stamp;
    private ulong _version;
    private uint _sequence;

    public int Workers { get; init; } = 6;

    /// <summary>Changes that were acknowledged.</summary>
    public long Acknowledged { get; private set; }

    public long NoSpace { get; private set; }

    /// <summary>Runs so many operations on each worker; a crash may end it at any time.</summary>
    public async ValueTask<bool> RunAsync(int operations)
    {
        var workers = Enumerable.Range(0, Workers).Select(_ => WorkAsync(operations).AsTask()).ToArray();
        foreach (var worker in workers)
            await worker;
        return true;
    }

    /// <summary>Takes a snapshot, or drops one. Nothing is under way.</summary>
    public async ValueTask<bool> ChangeSnapshotsAsync()
    {
        if (_snapshots.Count > 2 || (_snapshots.Count > 0 && _random.Chance(0.4)))
        {
            var dropped = _snapshots[_random.Next(_snapshots.Count)];
            var result = await rig.Store.DropSnapshotAsync(Space, dropped);
            Assert.That(result.Status, Is.EqualTo(StoreStatus.Ok));
            _snapshots.Remove(dropped);
            var next = _snapshots.Where(s => s > dropped).Append(_sequence).Min();
            _model.Drop(Space, dropped, next);
        }
        else
        {
            _snapshots.Add(_sequence++);
        }

        return true;
    }

    /// <summary>After a crash: finds out which of the changes under way happened, then checks everything.</summary>
    public async ValueTask<bool> CheckAfterCrashAsync()
    {
        foreach (var change in _model.Pending.ToArray())
        {
            var (result, stamps) = await rig.ReadAsync(change.Id, change.FirstBlock, change.Blocks);
            Assert.That(result.IsOk, $"{result} of {change}");
            var isNew = Enumerable.Range(0, change.Blocks)
                .Select(i => stamps[i] == (change.IsDiscard ? Stamp.Zeros : new Stamp(change.Stamp, i)))
                .ToArray();
            var old = Enumerable.Range(0, change.Blocks)
                .Select(i => _model.Expected(new BlockKey(change.Id, change.FirstBlock + i), StoreUnits.Head).Stamp)
                .ToArray();
            var isOld = Enumerable.Range(0, change.Blocks).Select(i => stamps[i] == old[i]).ToArray();
            Assert.That(isNew.All(x => x) || isOld.All(x => x), $"torn: {change} shows {string.Join(' ', stamps)}");
            if (isNew.All(x => x))
                _model.Commit(change);
            else
                _model.Forget(change);
        }

        return await CheckAllAsync();
    }

    /// <summary>Compares every block at every sequence.</summary>
    public async ValueTask<bool> CheckAllAsync()
    {
        foreach (var sequence in _snapshots.Append(StoreUnits.Head))
        {
            for (var index = 0u; index < Objects; index++)
                await CheckObjectAsync(new ObjectId(Space, index), sequence);
        }

        var report = await rig.Store.VerifyAsync();
        Assert.That(report.IsSound, report.ToString());
        return true;
    }

    private async ValueTask CheckObjectAsync(ObjectId id, uint sequence)
    {
        const int blocks = HotBlocks + 24;
        var (result, stamps) = await rig.ReadAsync(id, 0, blocks, sequence);
        Assert.That(result.IsOk, $"{result} of {id} at {sequence}");
        for (var block = 0; block < blocks; block++)
        {
            var expected = _model.Expected(new BlockKey(id, block), sequence).Stamp;
            if (stamps[block] != expected)
                Assert.Fail($"{id} block {block} at {sequence} holds {stamps[block]} instead of {expected}");
        }
    }

    private async ValueTask WorkAsync(int operations)
    {
        for (var i = 0; i < operations; i++)
        {
            if (_random.Chance(0.25))
                await ReadSomethingAsync();
            else
                await ChangeSomethingAsync();
        }
    }

    private async ValueTask ChangeSomethingAsync()
    {
        var change = NextChange();
        if (change is null)
            return;
        _model.Begin(change);
        var status = change.IsDiscard
            ? (await rig.Store.DiscardAsync(change.Id, change.FirstBlock, change.Blocks, change.Version, change.Sequence)).Status
            : await rig.WriteAsync(change.Id, change.FirstBlock, change.Blocks, change.Stamp, change.Version, change.Sequence);
        if (status == StoreStatus.Ok)
        {
            _model.Commit(change);
            Acknowledged++;
        }
        else
        {
            Assert.That(status, Is.EqualTo(StoreStatus.NoSpace));
            _model.Forget(change);
            NoSpace++;
        }
    }

    // Callers order operations that overlap: one that would is not started.
    private ModelChange? NextChange()
    {
        var id = new ObjectId(Space, (uint)_random.Next(Objects));
        var isWhole = _random.Chance(0.02);
        var blocks = isWhole ? StoreUnits.BlocksPerObject : _random.Chance(0.3) ? 1 + _random.Next(16) : 1;
        var first = isWhole ? 0 : _random.Next(HotBlocks);
        var isDiscard = isWhole || _random.Chance(0.12);
        var change = new ModelChange(id, first, blocks, ++_stamp, ++_version, _sequence, isDiscard);
        return _model.Pending.Any(change.Overlaps) ? null : change;
    }

    private async ValueTask ReadSomethingAsync()
    {
        var id = new ObjectId(Space, (uint)_random.Next(Objects));
        var first = _random.Next(HotBlocks);
        var blocks = 1 + _random.Next(8);
        var probe = new ModelChange(id, first, blocks, 0, 0, 0, false);
        if (_model.Pending.Any(probe.Overlaps))
            return;

        // A change that begins while the read runs may or may not be seen: only what it cannot touch is compared.
        var before = Enumerable.Range(first, blocks).Select(b => _model.Expected(new BlockKey(id, b), StoreUnits.Head).Stamp).ToArray();
        var (result, stamps) = await rig.ReadAsync(id, first, blocks);
        Assert.That(result.IsOk, result.ToString());
        var after = Enumerable.Range(first, blocks).Select(b => _model.Expected(new BlockKey(id, b), StoreUnits.Head).Stamp).ToArray();
        for (var i = 0; i < blocks; i++)
        {
            if (before[i] == after[i] && !_model.Pending.Any(probe.Overlaps))
                Assert.That(stamps[i], Is.EqualTo(before[i]), $"{id} block {first + i}");
        }
    }
}
