using Uss.Store;

namespace Uss.Simulation.Store;

/// <summary>Comparing the whole store with the model.</summary>
public sealed partial class StoreScenario
{
    // Touched blocks with no more untouched ones between them are read in one go.
    private const int GapBlocks = 3;
    private const int LongestReadBlocks = 128;

    // One in so many snapshots is read each time.
    private const int ShareOfSnapshots = 3;

    // Between epochs, what changed since the last look is read, and so many blocks of the rest. The last look is at all.
    private const int FreshBlocks = 256;
    private const int OldBlocks = 256;
    private const int LongestFreshRead = 16;

    private readonly List<StoreOperation> _fresh = [];

    /// <summary>
    /// After a recovery: finds out what became of the operations that the crash overtook. Each must be there as a whole
    /// or not at all, and what it came to is what it must stay.
    /// </summary>
    private void Resolve()
    {
        var pending = _pending.ToArray();
        _pending.Clear();
        if (pending.Length == 0)
            return;
        World.Run(
            _reactor,
            async () =>
            {
                foreach (var operation in pending)
                    await ResolveAsync(operation);
            },
            LongNs);
    }

    private async ValueTask ResolveAsync(StoreOperation operation)
    {
        switch (operation.Kind)
        {
            case StoreOperationKind.Write or StoreOperationKind.Discard:
                if (await WasAppliedAsync(operation))
                {
                    Reached("pending changes found applied");
                    _model.Apply(operation);
                    _fresh.Add(operation);
                }
                else
                {
                    Reached("pending changes found absent");
                }

                break;
            case StoreOperationKind.DropSnapshot:
                var dropped = await _store.DropSnapshotAsync(operation.Id.Space, operation.Sequence);
                Require(dropped.IsOk, $"a snapshot can be dropped again: {dropped.Status}");
                _model.Apply(operation);
                break;
            case StoreOperationKind.DeleteSpace:
                if (await IsGoneAsync(_model.SpaceOf(operation.Id.Space)))
                    _model.Apply(operation);
                break;
        }
    }

    private async ValueTask<bool> WasAppliedAsync(StoreOperation operation)
    {
        var blocks = new BlockDescription[operation.BlockCount];
        var result = await _store.DescribeAsync(operation.Id, operation.FirstBlock, blocks);
        Require(result.IsOk, $"blocks can be described after a recovery: {result.Status}");
        bool? isApplied = null;
        for (var i = 0; i < blocks.Length; i++)
        {
            var block = operation.FirstBlock + i;
            var old = _model.Find(operation.Id, block, StoreUnits.Head);
            if (old.Version > operation.Version)
                continue;
            var isWrite = operation.Kind == StoreOperationKind.Write;
            var wanted = new BlockState(operation.Sequence, operation.Version, isWrite, isWrite ? operation.StampOf(block) : 0);
            var isNew = Matches(blocks[i], wanted);
            var isOld = Matches(blocks[i], old);
            Require(isNew || isOld, $"block {block} of {operation} is old ({old}) or new, but is described as {blocks[i]}");

            // A hole made where there was one need not leave a trace.
            if (isNew == isOld || (isOld && !isWrite && !old.IsPresent))
                continue;
            isApplied ??= isNew;
            Require(isApplied == isNew, $"{operation} is there as a whole or not at all, but block {block} differs from those before");
        }

        return isApplied ?? false;
    }

    private async ValueTask<bool> IsGoneAsync(ModelSpace space)
    {
        var blocks = new BlockDescription[1];
        foreach (var item in space.Objects)
        {
            foreach (var block in item.Blocks)
            {
                var result = await _store.DescribeAsync(item.Id, block, blocks);
                Require(result.IsOk, $"blocks can be described after a recovery: {result.Status}");
                if (blocks[0].Version != 0)
                    return false;
            }
        }

        return true;
    }

    /// <summary>Reads and describes everything that was ever touched, or a part of it.</summary>
    private void Verify(bool isWhole) => World.Run(
        _reactor,
        async () =>
        {
            if (!isWhole)
                await VerifyFreshAsync();
            var share = isWhole ? 1 : OldBlocks / (1.0 + _model.CountTouched());
            foreach (var space in _model.Spaces)
                await VerifySpaceAsync(space, share);
            VerifyVersions();
            _fresh.Clear();
        },
        LongNs);

    /// <summary>Reads what changed since the last look, the newest first: a crash endangers that most.</summary>
    private async ValueTask VerifyFreshAsync()
    {
        var left = FreshBlocks;
        for (var i = _fresh.Count - 1; i >= 0 && left > 0; i--)
        {
            var operation = _fresh[i];
            var count = Math.Min(operation.BlockCount, LongestFreshRead);
            var first = operation.FirstBlock + Workload.Next(operation.BlockCount - count + 1);
            await VerifyRunAsync(_model.SpaceOf(operation.Id.Space), operation.Id, first, first + count - 1);
            left -= count;
        }
    }

    private async ValueTask VerifySpaceAsync(ModelSpace space, double share)
    {
        foreach (var item in space.Objects)
        {
            var first = -1;
            var last = -1;
            foreach (var block in item.Blocks)
            {
                if (first >= 0 && block - last <= GapBlocks && block - first < LongestReadBlocks)
                {
                    last = block;
                    continue;
                }

                if (first >= 0 && Workload.Chance(share))
                    await VerifyRunAsync(space, item.Id, first, last);
                (first, last) = (block, block);
            }

            if (!Workload.Chance(share))
                continue;

            // Also somewhere that only operations on the whole object touched, if any.
            var other = Workload.Next(StoreUnits.BlocksPerObject);
            await VerifyRunAsync(space, item.Id, first < 0 ? other : first, first < 0 ? other : last);
            await VerifyRunAsync(space, item.Id, other, other);
        }
    }

    private async ValueTask VerifyRunAsync(ModelSpace space, ObjectId id, int first, int last)
    {
        first = Math.Max(first - 1, 0);
        var count = Math.Min(last + 1, StoreUnits.BlocksPerObject - 1) - first + 1;
        Require((await ReadAsync(id, first, count, StoreUnits.Head)).IsOk, "sound blocks can be read");
        Require((await DescribeAsync(id, first, count)).IsOk, "sound blocks can be described");
        foreach (var snapshot in space.Snapshots)
        {
            if (Workload.Next(ShareOfSnapshots) == 0)
                Require((await ReadAsync(id, first, count, snapshot)).IsOk, "sound blocks of snapshots can be read");
        }
    }

    private void VerifyVersions()
    {
        Require(
            _store.HighestVersion >= _model.HighestVersion,
            $"version {_model.HighestVersion} was acknowledged, but the highest one is said to be {_store.HighestVersion}");
        var version = _model.HighestVersion == 0 ? 0 : (ulong)Workload.Next((long)_model.HighestVersion);
        var listed = new Dictionary<ObjectId, ObjectSummary>();
        foreach (var item in _store.ListChangedSince(version))
            Require(item.HighestVersion > version && listed.TryAdd(item.Id, item), $"{item.Id} is listed once, and rightly");
        foreach (var space in _model.Spaces)
        {
            foreach (var item in space.Objects)
                RequireListed(item, version, listed);
        }
    }

    private static void RequireListed(ModelObject item, ulong version, Dictionary<ObjectId, ObjectSummary> listed)
    {
        foreach (var block in item.Blocks)
        {
            var state = item.Find(block, StoreUnits.Head);
            if (state.Version <= version || !state.IsPresent)
                continue;
            Require(
                listed.TryGetValue(item.Id, out var summary) && summary.HighestVersion >= state.Version,
                $"{item.Id} with version {state.Version} changed since {version}, but is not listed so");
        }
    }

    /// <summary>A quiet store comes to hold exactly the blocks of the model, and finds its own structures sound.</summary>
    private void VerifyAccounting()
    {
        var expected = _model.CountData() * StoreUnits.BlockBytes;
        World.RunUntil(() => _store.Statistics.UsedBytes == expected, LongNs);
        Require(
            _store.Statistics.UsedBytes == expected,
            $"{expected} bytes are in use, but the store counts {_store.Statistics.UsedBytes}");
        var report = World.Run(_reactor, () => driver.CheckConsistencyAsync(_store), LongNs);
        Require(report is null, $"the store is consistent: {report}");
    }
}
