using Uss.Coordination;
using Uss.Placement;
using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

public sealed partial class BlockNode
{
    /// <summary>The disks: those that the node was given and those that it knows and misses.</summary>
    public IReadOnlyList<DiskDescription> Disks => [.. _disks.Select(disk => disk.Describe())];

    internal IReplica? FindReplica(Guid disk) => _disks.FirstOrDefault(known => known.Id == disk)?.Replica;

    internal IEnumerable<Guid> KnownDisks() => _disks.Where(disk => disk.Record is not null).Select(disk => disk.Record!.Id);

    internal Topology OnlineTopology() => new(_disks
        .Where(disk => disk.State == DiskState.Online && disk.Record is not null)
        .Select(disk => new TopologyDisk
        {
            Id = disk.Record!.Id,
            WeightBytes = disk.Record.DataBytes,
            Node = disk.Record.Node,
        }));

    /// <summary>Blocks with data by space, counted once whatever the number of copies.</summary>
    internal IReadOnlyDictionary<ulong, long> UsageBySpace()
    {
        var usage = new Dictionary<ulong, long>();
        foreach (var disk in _disks)
        {
            if (disk.Store is not { } store)
                continue;
            foreach (var summary in store.ListChangedSince(0))
            {
                var group = _pools.Find(SpaceId.PoolOf(summary.Id.Space))?.GroupOf(summary.Id);
                if (group?.InSync.FirstOrDefault() == store.DiskId)
                    usage[summary.Id.Space] = usage.GetValueOrDefault(summary.Id.Space) + summary.PresentBlocks;
            }
        }

        return usage;
    }

    private async ValueTask<Fault?> LoadDisksAsync(IReadOnlyList<DiskSource> sources)
    {
        var read = await _coordination.ListAsync(DiskRecord.Prefix);
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        var records = new Dictionary<Guid, DiskRecord>();
        foreach (var entry in read.Entries)
        {
            var record = CoordinationJson.Read(entry.Key, entry.Value, VolumesJson.Default.DiskRecord);
            if (!record.IsOk)
                return record.Fault;
            records.Add(record.Value.Id, record.Value);
        }

        var opens = sources.Select(source => (source, open: source.OpenAsync())).ToList();
        foreach (var (source, open) in opens)
        {
            var disk = new NodeDisk(source.Name) { Source = source };
            _disks.Add(disk);
            var store = await open;
            if (!store.IsOk)
                disk.Fault = store.Fault;
            else if (_disks.Any(other => other.Store?.DiskId == store.Value.DiskId))
                disk.Fault = await RefuseAsync(store.Value, new Fault("disk-twice", $"Disk '{source.Name}' is given twice."));
            else if (!records.Remove(store.Value.DiskId, out var record))
                disk.Fault = await AdoptAsync(disk, store.Value);
            else
                Attach(disk, store.Value, record);
        }

        // A disk that could not be opened is known by its name; what is left was not given at all.
        foreach (var record in records.Values)
        {
            if (_disks.FirstOrDefault(disk => disk.Record is null && disk.Name == record.Name) is { } failed)
                failed.Record = record;
            else
                _disks.Add(new NodeDisk(record.Name) { Record = record });
        }

        return null;
    }

    // A disk that is new to the cluster must be empty: one with data belongs to another cluster or to a lost one.
    private async ValueTask<Fault?> AdoptAsync(NodeDisk disk, IObjectStore store)
    {
        if (store.HighestVersion != 0)
        {
            return await RefuseAsync(store, new Fault(
                "disk-foreign",
                $"Disk '{disk.Name}' holds data that this cluster does not know.",
                "Start it with the coordination store that it belongs to, or format it."));
        }

        var record = new DiskRecord
        {
            Id = store.DiskId,
            Name = disk.Name,
            DataBytes = store.Statistics.DataBytes,
            Node = _options.NodeName,
            AddedAt = _reactor.UtcNow,
        };
        var commit = await _coordination.CommitAsync(
            [new Condition(DiskRecord.KeyOf(record.Id), 0)],
            [new Change(DiskRecord.KeyOf(record.Id), CoordinationJson.Write(record, VolumesJson.Default.DiskRecord))]);
        if (commit.Status != CommitStatus.Applied)
            return await RefuseAsync(store, CoordinationFaults.Unavailable);
        Attach(disk, store, record);
        return null;
    }

    private static void Attach(NodeDisk disk, IObjectStore store, DiskRecord record)
    {
        disk.Record = record;
        disk.Store = store;
        disk.Replica = new LocalReplica(store);
        disk.Fault = null;
    }

    private static async ValueTask<Fault> RefuseAsync(IObjectStore store, Fault fault)
    {
        await store.CloseAsync();
        return fault;
    }
}
