using Uss.Placement;
using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

public sealed partial class BlockNode
{
    /// <summary>The disks: those that the node was given and those that it knows and misses.</summary>
    public IReadOnlyList<DiskDescription> Disks => [.. _disks.Select(disk => disk.Describe(ResyncPercent(disk)))];

    /// <summary>
    /// Adds a disk, or takes back one that was missing or failed. A new disk gets its share of the data in the
    /// background.
    /// </summary>
    /// <param name="source">The disk.</param>
    /// <param name="diskClass">Device class that pools may ask for; null: none in particular, or as it is known.</param>
    /// <param name="replaces">A disk that gives up what it holds from the same moment on.</param>
    public async ValueTask<Result<DiskDescription>> AddDiskAsync(DiskSource source, string? diskClass = null, Guid? replaces = null)
    {
        if (_disks.FirstOrDefault(known => known.Name == source.Name && known.Store is not null) is { } present)
        {
            if (present.Fault is null)
                return new Fault("disk-exists", $"Disk '{source.Name}' serves already.", "Give another one; `uss disk ls` shows these.");
            await DetachAsync(present);
        }

        var disk = _disks.FirstOrDefault(known => known.Name == source.Name) ?? new NodeDisk(source.Name);
        (disk.Source, disk.Class, disk.Replaces) = (source, diskClass, replaces);
        if (await OpenAsync(disk) is { } fault)
        {
            // Its record may have been put all the same, and others may count on the disk: it is tried again until it serves.
            if (fault.Code == CoordinationFaults.Unavailable.Code && !_disks.Contains(disk))
            {
                disk.Fault = fault;
                _disks.Add(disk);
            }

            return fault;
        }

        if (await _pools.RebalanceAsync() is { } unplaced)
            return unplaced;
        Kick();
        return disk.Describe(ResyncPercent(disk));
    }

    internal IReplica? FindReplica(Guid disk) =>
        (IReplica?)_disks.FirstOrDefault(known => known.Id == disk && known.Store is not null)?.Replica ?? FindRemote(disk);

    internal bool IsUsable(Guid disk)
    {
        foreach (var known in _disks)
        {
            if (known.Id == disk && known.IsUsable)
                return true;
        }

        return NodeOf(disk) is { IsConnected: true } peer && peer.Disks.ContainsKey(disk);
    }

    internal IEnumerable<Guid> KnownDisks() => _directory.All.Select(disk => disk.Id);

    /// <summary>Disks for new data: those that work now.</summary>
    internal Topology OnlineTopology() => TopologyOf(_directory.All.Where(disk => IsUsable(disk.Id)));

    /// <summary>All disks, also those that are away: they are expected back, so nothing moves because of them.</summary>
    internal Topology KnownTopology() => TopologyOf(_directory.All);

    // Blocks with data by space, in the groups whose primary is here.
    private Dictionary<ulong, long> OwnUsageBySpace()
    {
        var usage = new Dictionary<ulong, long>();
        foreach (var disk in _disks)
        {
            if (disk.Store is not { IsClosed: false } store)
                continue;
            foreach (var summary in store.ListChangedSince(0))
            {
                var group = _pools.Find(SpaceId.PoolOf(summary.Id.Space))?.GroupOf(summary.Id);
                if (group?.Primary != store.DiskId)
                    continue;

                // A file system has as many spaces as files: they are counted together, as its metadata.
                var space = SpaceId.ChargedTo(summary.Id.Space);
                usage[space] = usage.GetValueOrDefault(space) + summary.PresentBlocks;
            }
        }

        return usage;
    }

    private Topology TopologyOf(IEnumerable<DiskRecord> disks) => new(disks.Select(disk => TopologySnapshot.ToDisk(
        disk,
        _topology.SettingsOf(disk.Node),
        _peers?.Find(disk.Node)?.Record.Rack ?? _options.Cluster?.Rack,
        _peers?.Find(disk.Node)?.Record.Site ?? _options.Cluster?.Site)));

    private double ResyncPercent(NodeDisk disk) => disk.IsUsable && disk.Id is { } id ? ResyncPercent(id) : 100;

    private double ResyncPercent(Guid id)
    {
        double groups = 0, done = 0;
        foreach (var group in _pools.Pools.SelectMany(pool => pool.Groups))
        {
            if (!group.Row.Contains(id) || InSyncOf(group) is not { } inSync)
                continue;
            groups++;
            if (inSync.Contains(id))
                done++;
            else if (group.Joining == id && group.JoinProgress is { Total: > 0 } progress)
                done += (double)progress.Done / (progress.Total + 1);
        }

        return groups == 0 ? 100 : 100 * done / groups;
    }

    private async ValueTask<Fault?> LoadDisksAsync(IReadOnlyList<DiskSource> sources)
    {
        var unread = await _directory.LoadAsync(isFollowed: _peers is not null, OnDisksChanged)
            ?? await _topology.LoadAsync(isFollowed: _peers is not null, OnTopologyChanged)
            ?? await NotePlaceAsync();
        if (unread is not null)
            return unread;
        var records = _directory.All.Where(disk => _peers is null || disk.Node == _options.NodeName).ToList();

        // All at once: recovery of a large disk takes seconds.
        var opens = sources.Select(source => (source, open: source.OpenAsync())).ToList();
        foreach (var (source, open) in opens)
        {
            var disk = new NodeDisk(source.Name) { Source = source };
            var store = await open;
            disk.Fault = store.IsOk ? await AcceptAsync(disk, store.Value) : store.Fault;
            _disks.Add(disk);
        }

        // A disk that could not be opened is known by its name; what is left was not given at all.
        foreach (var record in records.Where(record => _disks.All(disk => disk.Record?.Id != record.Id)).ToList())
        {
            if (_disks.FirstOrDefault(disk => disk.Record is null && disk.Name == record.Name) is { } failed)
                failed.Record = record;
            else
                _disks.Add(new NodeDisk(record.Name) { Record = record });
        }

        UpdateLocalDisks();

        return null;
    }

    // Opens a disk of the list, or one that is to come into it.
    private async ValueTask<Fault?> OpenAsync(NodeDisk disk)
    {
        var store = await disk.Source!.OpenAsync();
        if (!store.IsOk)
            return store.Fault;
        if (_isClosing)
        {
            await store.Value.CloseAsync();
            return new Fault("node-closing", "The node is stopping.");
        }

        var fault = await AcceptAsync(disk, store.Value);
        if (fault is not null)
            return fault;

        // The same disk may have been known under another name.
        _disks.RemoveAll(other => other != disk && other.Store is null && other.Record?.Id == disk.Id);
        if (!_disks.Contains(disk))
            _disks.Add(disk);
        disk.Fault = null;
        UpdateLocalDisks();
        await DeleteRemovedSpacesAsync(disk);
        Announce(new NodeEvent(NodeEventKind.DiskChanged, disk.Name));
        Kick();
        return null;
    }

    private async ValueTask<Fault?> AcceptAsync(NodeDisk disk, IObjectStore store)
    {
        Fault? fault = null;
        var record = _directory.Find(store.DiskId);
        if (_disks.Any(other => other != disk && other.Store?.DiskId == store.DiskId))
        {
            fault = new Fault("disk-twice", $"Disk '{disk.Name}' is in use under another name.", "Give it once.");
        }
        else if (record is null && store.HighestVersion != 0)
        {
            // Empty or unknown: a disk with data belongs to another cluster, or to this one before its state was lost.
            fault = Foreign(disk);
        }
        else if (record is null || record.Name != disk.Name || disk.Replaces is not null || (_peers is not null && record.Node != Name))
        {
            fault = await RegisterAsync(disk, store);
            record = _directory.Find(store.DiskId);
        }

        if (fault is null)
            disk.Attach(store, record!, _peers is null ? null : _context.Gates);
        else
            await store.CloseAsync();
        return fault;
    }

    // Gives a disk up: its groups go on without it, or wait for it.
    private async ValueTask DetachAsync(NodeDisk disk)
    {
        if (disk.Id is { } id)
        {
            foreach (var group in _pools.Pools.SelectMany(pool => pool.Groups))
                group.LoseDisk(id);
        }

        await disk.CloseAsync();
        UpdateLocalDisks();
    }
}
