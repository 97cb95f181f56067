using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication.Tests.Support;

/// <summary>A store in memory that keeps the contract of <see cref="IObjectStore"/>, with faults and delays on demand.</summary>
public sealed class FakeStore(FakeDisk disk) : IObjectStore
{
    private bool _isClosed;

    public FakeDisk Disk { get; } = disk;

    /// <summary>Longest delay of an operation; 0: a turn of the loop. Negative: done at once.</summary>
    public long MaximumDelayNs { get; set; }

    /// <summary>Changes and reads end as I/O errors.</summary>
    public bool IsBroken { get; set; }

    /// <summary>Changes end as I/O errors after they took effect.</summary>
    public bool LosesAnswers { get; set; }

    /// <summary>Changes hang until this is cleared.</summary>
    public bool Hangs
    {
        get => HangsFrom == 0;
        set => HangsFrom = value ? 0 : int.MaxValue;
    }

    /// <summary>Writes that begin at this block of an object or behind it hang until it is raised.</summary>
    public int HangsFrom { get; set; } = int.MaxValue;

    public int Reads { get; private set; }

    public int Writes { get; private set; }

    public long BlocksWritten { get; private set; }

    public int Discards { get; private set; }

    public bool IsClosed => _isClosed;

    public Guid DiskId => Disk.Id;

    public ulong HighestVersion => Disk.HighestVersion;

    public StoreStatistics Statistics => new()
    {
        DataBytes = Disk.DataBytes,
        UsedBytes = Disk.UsedBytes,
        IsShortOfMaps = Disk.IsShortOfMaps,
        Objects = Disk.Objects.Count,
        MemoryBytes = 0,
        BytesAccepted = BlocksWritten * StoreUnits.BlockBytes,
        BytesWritten = BlocksWritten * StoreUnits.BlockBytes,
        Flushes = Writes,
        DamagedBlocks = 0,
        Checkpoints = 0,
        LogBytes = 0,
        ReadOnlyBecause = null,
    };

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<StoreResult> ReadAsync(
        ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence = StoreUnits.Head)
    {
        Reads++;
        await DelayAsync();
        if (Refusal() is { IsOk: false } refusal)
            return refusal;
        return Disk.Objects.TryGetValue(id, out var found) ? Read(found, firstBlock, target) : ReadHole(target);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<StoreResult> WriteAsync(StoreWrite write)
    {
        Invariant.Check(write.Source.Offset % StoreUnits.BlockBytes == 0 && write.Source.Length % StoreUnits.BlockBytes == 0);
        Writes++;
        await DelayAsync();
        while (write.FirstBlock >= HangsFrom)
            await Reactor.Current.DelayAsync(1_000_000);
        if (Refusal() is { IsOk: false } refusal)
            return refusal;
        var blocks = write.Source.Length / StoreUnits.BlockBytes;
        Invariant.Check(blocks > 0 && write.FirstBlock >= 0 && write.FirstBlock + blocks <= StoreUnits.BlocksPerObject);
        if (Disk.UsedBytes + write.Source.Length > Disk.DataBytes)
            return new StoreResult(StoreStatus.NoSpace);
        Store(write, blocks);
        return LosesAnswers ? new StoreResult(StoreStatus.IoError) : StoreResult.Ok;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<StoreResult> DiscardAsync(ObjectId id, int firstBlock, int blockCount, ulong version, uint snapshotSequence = 0)
    {
        Discards++;
        await DelayAsync();
        if (Refusal() is { IsOk: false } refusal)
            return refusal;
        if (Disk.Objects.TryGetValue(id, out var found))
        {
            for (var i = firstBlock; i < firstBlock + blockCount; i++)
            {
                if (found.Blocks[i].Version > version)
                    continue;
                if (found.Blocks[i].Data is not null)
                    Disk.PresentBlocks--;
                found.Blocks[i] = new FakeBlock { Version = version };
            }

            Raise(found, version);
        }

        return StoreResult.Ok;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<StoreResult> DeleteSpaceAsync(ulong space)
    {
        await DelayAsync();
        if (Refusal() is { IsOk: false } refusal)
            return refusal;
        foreach (var id in Disk.Objects.Keys.Where(id => id.Space == space).ToList())
        {
            Disk.PresentBlocks -= Disk.Objects[id].PresentBlocks;
            Disk.Objects.Remove(id);
        }

        return StoreResult.Ok;
    }

    public ValueTask<StoreResult> DropSnapshotAsync(ulong space, uint snapshotSequence) => new(StoreResult.Ok);

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<StoreResult> DescribeAsync(ObjectId id, int firstBlock, Memory<BlockDescription> blocks)
    {
        await DelayAsync();
        if (Refusal() is { IsOk: false } refusal)
            return refusal;
        for (var i = 0; i < blocks.Length; i++)
        {
            var block = Disk.Objects.TryGetValue(id, out var found) ? found.Blocks[firstBlock + i] : default;
            blocks.Span[i] = new BlockDescription(block.Version, block.Checksum, block.Data is not null);
        }

        return StoreResult.Ok;
    }

    public void ForgetHoles(Func<ObjectId, ulong> settledVersion)
    {
        // Remembers everything.
    }

    public IReadOnlyList<ObjectSummary> ListChangedSince(ulong version) =>
    [
        .. Disk.Objects.Where(pair => pair.Value.HighestVersion > version)
            .Select(pair => new ObjectSummary(pair.Key, pair.Value.HighestVersion, pair.Value.PresentBlocks)),
    ];

    public ValueTask CloseAsync()
    {
        _isClosed = true;
        return ValueTask.CompletedTask;
    }

    private static StoreResult ReadHole(BufferSlice target)
    {
        target.Span.Clear();
        return StoreResult.Ok;
    }

    private static StoreResult Read(FakeObject found, int firstBlock, BufferSlice target)
    {
        int firstDamaged = -1, lastDamaged = -1;
        for (var i = 0; i * StoreUnits.BlockBytes < target.Length; i++)
        {
            var part = target.Span.Slice(i * StoreUnits.BlockBytes, StoreUnits.BlockBytes);
            ref var block = ref found.Blocks[firstBlock + i];
            if (block.Data is null)
            {
                part.Clear();
                continue;
            }

            if (Crc32C.Compute(block.Data) == block.Checksum)
            {
                block.Data.CopyTo(part);
                continue;
            }

            // Garbage, so that a caller who takes it for data is found out.
            part.Fill(0xDD);
            if (firstDamaged < 0)
                firstDamaged = firstBlock + i;
            lastDamaged = firstBlock + i;
        }

        return firstDamaged < 0
            ? StoreResult.Ok
            : new StoreResult(StoreStatus.Damaged, firstDamaged, lastDamaged - firstDamaged + 1);
    }

    private void Store(StoreWrite write, int blocks)
    {
        if (!Disk.Objects.TryGetValue(write.Id, out var found))
            Disk.Objects.Add(write.Id, found = new FakeObject());
        for (var i = 0; i < blocks; i++)
        {
            ref var block = ref found.Blocks[write.FirstBlock + i];
            if (block.Version > write.Version)
                continue;
            if (block.Data is null)
            {
                block.Data = new byte[StoreUnits.BlockBytes];
                Disk.PresentBlocks++;
            }

            write.Source.Span.Slice(i * StoreUnits.BlockBytes, StoreUnits.BlockBytes).CopyTo(block.Data);
            block.Version = write.Version;
            block.Checksum = write.Checksums.IsEmpty ? Crc32C.Compute(block.Data) : write.Checksums.Span[i];
            BlocksWritten++;
        }

        Raise(found, write.Version);
    }

    private void Raise(FakeObject found, ulong version)
    {
        found.HighestVersion = Math.Max(found.HighestVersion, version);
        Disk.HighestVersion = Math.Max(Disk.HighestVersion, version);
    }

    private StoreResult Refusal() =>
        _isClosed ? new StoreResult(StoreStatus.Closed)
        : IsBroken ? new StoreResult(StoreStatus.IoError)
        : StoreResult.Ok;

    private ValueTask DelayAsync()
    {
        var reactor = Reactor.Current;
        return MaximumDelayNs > 0 ? reactor.DelayAsync(reactor.Random.Next(MaximumDelayNs) + 1)
            : MaximumDelayNs == 0 ? reactor.YieldAsync()
            : ValueTask.CompletedTask;
    }
}
