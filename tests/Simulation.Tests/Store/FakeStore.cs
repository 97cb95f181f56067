using Uss.Runtime;
using Uss.Store;

namespace Uss.Simulation.Tests.Store;

/// <summary>A store that is right by construction, but for the bug that it is asked to have.</summary>
internal sealed class FakeStore(Reactor reactor, FakeMedium medium, IDisk disk, FakeBug bug) : IObjectStore
{
    private readonly List<FakeBlockChange> _late = [];

    public Guid DiskId { get; } = new(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);

    public ulong HighestVersion => medium.HighestVersion;

    public StoreStatistics Statistics => new()
    {
        DataBytes = 1L << 40,
        UsedBytes = medium.LeakedBytes + medium.Blocks.Values.Sum(states => states.Values.Count(state => state.Data is not null) * 4096L),
        Objects = 0,
        MemoryBytes = 0,
        BytesAccepted = 0,
        BytesWritten = 0,
        Flushes = 0,
        DamagedBlocks = 0,
        Checkpoints = 0,
        LogBytes = 0,
        ReadOnlyBecause = null,
    };

    public async ValueTask<StoreResult> ReadAsync(ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence)
    {
        await PauseAsync();
        for (var i = 0; i < target.Length / 4096; i++)
        {
            var block = target.Slice(i * 4096, 4096).Span;
            if (medium.Find(id, firstBlock + i, snapshotSequence)?.Data is { } data)
                data.CopyTo(block);
            else
                block.Clear();
        }

        return StoreResult.Ok;
    }

    public async ValueTask<StoreResult> WriteAsync(StoreWrite write)
    {
        var data = write.Source.Span.ToArray();
        if (bug == FakeBug.LeaksBuffers)
            write.Source.Buffer.AddReference();
        if (bug == FakeBug.AcknowledgesTooEarly)
        {
            reactor.Spawn(WriteLaterAsync(write, data));
            return StoreResult.Ok;
        }

        await PauseAsync();
        await StoreAsync(write, data);
        await PauseAsync();
        return StoreResult.Ok;
    }

    public async ValueTask<StoreResult> DiscardAsync(
        ObjectId id, int firstBlock, int blockCount, ulong version, uint snapshotSequence)
    {
        await PauseAsync();
        for (var i = 0; i < blockCount; i++)
            Change(new FakeBlockChange(id, firstBlock + i, snapshotSequence, new FakeBlock(version, null)));
        return StoreResult.Ok;
    }

    public async ValueTask<StoreResult> DeleteSpaceAsync(ulong space)
    {
        await PauseAsync();
        foreach (var key in medium.Blocks.Keys.Where(key => key.Id.Space == space).ToArray())
            medium.Blocks.Remove(key);
        medium.Dropped.RemoveWhere(dropped => dropped.Space == space);
        return StoreResult.Ok;
    }

    public async ValueTask<StoreResult> DropSnapshotAsync(ulong space, uint snapshotSequence)
    {
        await PauseAsync();
        medium.Dropped.Add((space, snapshotSequence));
        foreach (var (key, states) in medium.Blocks)
        {
            if (key.Id.Space != space)
                continue;
            foreach (var layer in states.Keys.ToArray().Reverse())
            {
                var heir = layer;
                while (medium.Dropped.Contains((space, heir)))
                    heir++;
                if (heir != layer && states.Remove(layer, out var state) && !states.Keys.Any(other => other > layer && other <= heir))
                    states[heir] = state;
            }
        }

        return StoreResult.Ok;
    }

    public async ValueTask<StoreResult> DescribeAsync(ObjectId id, int firstBlock, Memory<BlockDescription> blocks)
    {
        await PauseAsync();
        for (var i = 0; i < blocks.Length; i++)
        {
            var state = medium.Find(id, firstBlock + i, StoreUnits.Head);
            blocks.Span[i] = state switch
            {
                null => default,
                { Data: null } => new BlockDescription(bug == FakeBug.ForgetsVersionsOfHoles ? 0 : state.Version, 0, false),
                _ => new BlockDescription(state.Version, Crc32C.Compute(state.Data), true),
            };
        }

        return StoreResult.Ok;
    }

    public void ForgetHoles(Func<ObjectId, ulong> settledVersion)
    {
        // Remembers everything.
    }

    public bool IsClosed => false;

    public IReadOnlyList<ObjectSummary> ListChangedSince(ulong version)
    {
        var newest = new Dictionary<ObjectId, ulong>();
        foreach (var (key, states) in medium.Blocks)
            newest[key.Id] = Math.Max(newest.GetValueOrDefault(key.Id), states.Values.Last().Version);
        return [.. newest.Where(item => item.Value > version).Select(item => new ObjectSummary(item.Key, item.Value, 0))];
    }

    public ValueTask CloseAsync() => disk.CloseAsync();

    private async ValueTask WriteLaterAsync(StoreWrite write, byte[] data)
    {
        await PauseAsync();
        await StoreAsync(write, data);
    }

    private async ValueTask StoreAsync(StoreWrite write, byte[] data)
    {
        if (bug == FakeBug.NeverEnds && reactor.Random.Chance(0.01))
            await reactor.DelayAsync(long.MaxValue / 4);
        for (var i = 0; i < data.Length / 4096; i++)
        {
            if (bug == FakeBug.TearsWrites && i == 1)
                await PauseAsync();
            if (bug == FakeBug.LosesOneBlock && i > 0 && reactor.Random.Chance(0.05))
                continue;
            var block = data.AsSpan(i * 4096, 4096).ToArray();
            if (bug == FakeBug.MixesSectors && reactor.Random.Chance(0.02))
                block.AsSpan(512, 512).Clear();
            var change = new FakeBlockChange(write.Id, write.FirstBlock + i, write.SnapshotSequence, new FakeBlock(write.Version, block));
            if (bug == FakeBug.AppliesLater && reactor.Random.Chance(0.05))
                _late.Add(change);
            else
                Change(change);
        }

        if (bug == FakeBug.LeaksSpace && reactor.Random.Chance(0.05))
            medium.LeakedBytes += 4096;
    }

    private void Change(FakeBlockChange change)
    {
        medium.HighestVersion = Math.Max(medium.HighestVersion, change.State.Version);
        if (!medium.Blocks.TryGetValue((change.Id, change.Block), out var states))
            medium.Blocks[(change.Id, change.Block)] = states = [];
        var sequence = change.Sequence;
        if (states.Count > 0)
        {
            var newest = states.Last();
            if (newest.Value.Version > change.State.Version && bug != FakeBug.IgnoresStaleVersions)
                return;
            if (bug == FakeBug.OverwritesSnapshots && reactor.Random.Chance(0.05))
                states.Remove(newest.Key);
        }

        states[sequence] = change.State;
    }

    private ValueTask PauseAsync() => reactor.DelayAsync(1_000 + reactor.Random.Next(200_000));

    private sealed record FakeBlockChange(ObjectId Id, int Block, uint Sequence, FakeBlock State);
}
