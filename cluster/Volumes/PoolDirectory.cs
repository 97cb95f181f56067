using Uss.Coordination;
using Uss.Placement;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>The pools of this node: loads and starts them, creates them when a volume first asks for one.</summary>
internal sealed partial class PoolDirectory(ICoordinationStore coordination, GroupContext context, BlockNode node)
{
    private readonly SortedDictionary<int, Pool> _pools = [];

    // Being read: what the watches tell of them counts already, since what is read may be older.
    private readonly Dictionary<int, Pool> _loading = [];
    private readonly Dictionary<int, long> _mapRevisions = [];
    private readonly Dictionary<int, long> _mapTopologies = [];
    private readonly AsyncGate _solving = new();
    private readonly AsyncGate _creating = new();

    public IReadOnlyCollection<Pool> Pools => _pools.Values;

    public Pool? Find(int id) => _pools.GetValueOrDefault(id);

    /// <summary>Loads all pools, gives disks that are new their share, and starts the groups.</summary>
    public async ValueTask<Fault?> LoadAsync()
    {
        var pools = await coordination.ListAsync("pools/");
        var maps = await coordination.ListAsync("maps/");
        if (!pools.IsAvailable || !maps.IsAvailable)
            return CoordinationFaults.Unavailable;
        foreach (var entry in pools.Entries)
        {
            var map = maps.Entries.FirstOrDefault(map => map.Key == MapRecord.KeyOf(PoolRecord.IdOf(entry.Key)));
            if (await LoadAsync(entry, map) is { } fault)
                return fault;
        }

        if (!context.IsAlone)
            Follow(pools.Revision, maps.Revision);
        return null;
    }

    private async ValueTask<Fault?> LoadAsync(Entry entry, Entry? mapEntry)
    {
        var record = CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.PoolRecord);
        if (!record.IsOk)
            return record.Fault;
        if (mapEntry is null)
            return new Fault("map-missing", $"Pool '{record.Value.Name}' has no placement map.", CoordinationFaults.Restore);
        var map = CoordinationJson.Read(mapEntry.Key, mapEntry.Value, ReplicationJson.Default.MapRecord);
        if (!map.IsOk)
            return map.Fault;

        // The map was read later, and the groups may have been split in between.
        if (map.Value.Rows.Count != record.Value.Groups && !record.Value.CanGrowTo(map.Value.Rows.Count))
        {
            return new Fault(
                "bad-record",
                $"The map of pool '{record.Value.Name}' has {map.Value.Rows.Count} rows for {record.Value.Groups} groups.",
                CoordinationFaults.Restore);
        }

        var pool = new Pool(record.Value, map.Value.ToMap(), context);
        pool.Grow(map.Value.Rows.Count);
        Note(pool, map.Value, mapEntry.ModifiedRevision);
        return await RebalanceAsync(pool) ?? await StartAsync(pool);
    }

    /// <summary>Places the pools on all known disks; groups move to where the new maps want them in the background.</summary>
    public async ValueTask<Fault?> RebalanceAsync()
    {
        await _solving.EnterAsync();
        Fault? fault = null;
        foreach (var pool in _pools.Values.ToList())
            fault ??= await RebalanceAsync(pool);
        _solving.Leave();
        return fault;
    }

    /// <summary>True when some map was computed for an older topology: nobody has come to it, or who did has died.</summary>
    public bool IsBehind(long topology) => _pools.Keys.Any(id => _mapTopologies.GetValueOrDefault(id) < topology);

    /// <summary>Tells the groups again which disks they belong on, and in which order those are wanted as primaries.</summary>
    public void PlaceGroups()
    {
        foreach (var pool in _pools.Values)
            PlaceGroups(pool);
    }

    /// <summary>Starts one group under the record that was read.</summary>
    public ValueTask<Fault?> StartAsync(Pool pool, PlacementGroup group, Entry? entry)
    {
        GroupRecord? record = null;
        if (entry is not null)
        {
            var parsed = CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.GroupRecord);
            if (!parsed.IsOk)
                return new ValueTask<Fault?>(parsed.Fault);
            record = parsed.Value;
        }

        var row = node.InOrder(pool.RowOf(group.Id.Index));
        group.SetRow(row);
        var online = (record?.InSync ?? row).Where(node.IsUsable).Select(node.FindReplica).OfType<IReplica>().ToList();
        return group.StartAsync(record, entry?.ModifiedRevision ?? 0, node.CleanVersionOf(group.Id), online);
    }

    private static Change PutMap(int pool, PlacementMap map, long topology) =>
        new(MapRecord.KeyOf(pool), CoordinationJson.Write(MapRecord.From(map, topology), ReplicationJson.Default.MapRecord));

    // Any node may do this at any time: of several at once one gets through, and the others find nothing left to do. A map is
    // committed only while the topology is the one that it was computed for, so that nobody undoes a newer one.
    private async ValueTask<Fault?> RebalanceAsync(Pool pool)
    {
        var id = pool.Record.Id;
        while (true)
        {
            var topology = await TopologySnapshot.ReadAsync(coordination);
            if (!topology.IsOk)
                return topology.Fault;

            // After the topology: whoever changes a pool raises the topology's number, so a map for an older pool is not committed.
            var current = await RefreshAsync(pool);
            if (!current.IsOk)
                return current.Fault;
            if (!current.Value)
                return null;
            if (WantsSplit(pool, topology.Value.ToTopology()))
            {
                if (await SplitAsync(pool, topology.Value) is { } unsplit)
                    return unsplit;
                continue;
            }

            // Whole groups that move now would move again as halves.
            if (MustWaitForSplit(pool))
                return null;
            var plan = PlacementSolver.Solve(topology.Value.ToTopology(), pool.Record.ToPolicy(), pool.Map);
            if (plan.IsUnchanged && _mapTopologies.GetValueOrDefault(id) >= topology.Value.Version)
                return null;
            var commit = await coordination.CommitAsync(
                [new Condition(MapRecord.KeyOf(id), _mapRevisions[id]), topology.Value.Condition],
                [PutMap(id, plan.Map, topology.Value.Version)]);
            if (commit.Status == CommitStatus.Applied)
            {
                (_mapRevisions[id], _mapTopologies[id]) = (commit.Revision, topology.Value.Version);
                SetMap(pool, plan.Map);
                return null;
            }

            if (commit.Status == CommitStatus.Unknown)
                return CoordinationFaults.Unavailable;
            if (await RereadMapAsync(pool) is { } fault)
                return fault;
        }
    }

    private void SetMap(Pool pool, PlacementMap map)
    {
        // Its watch may have brought one that is newer still.
        if (map.Version < pool.Map.Version)
            return;
        pool.Map = map;
        PlaceGroups(pool);
    }

    private void PlaceGroups(Pool pool)
    {
        foreach (var group in pool.Groups)
            group.SetRow(node.InOrder(pool.RowOf(group.Id.Index)));
        node.OnPoolsChanged();
    }

    private void Note(Pool pool, MapRecord map, long revision)
    {
        _mapRevisions[pool.Record.Id] = revision;
        _mapTopologies[pool.Record.Id] = Math.Max(map.Topology, _mapTopologies.GetValueOrDefault(pool.Record.Id));
    }

    private async ValueTask<Fault?> StartAsync(Pool pool)
    {
        _loading[pool.Record.Id] = pool;
        var read = await coordination.ListAsync(GroupRecord.PrefixOf(pool.Record.Id));
        _loading.Remove(pool.Record.Id);
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        if (!context.IsAlone)
        {
            Take(pool, read);
            return null;
        }

        var entries = read.Entries.ToDictionary(entry => entry.Key, StringComparer.Ordinal);
        foreach (var entry in read.Entries.Where(entry => GroupRecord.IdOf(entry.Key)?.Index >= pool.Record.FirstGroups))
        {
            var record = CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.GroupRecord);
            if (!record.IsOk)
                return record.Fault;
            pool.Hear(GroupRecord.IdOf(entry.Key)!.Value.Index, record.Value);
        }

        var starts = pool.Groups.Select(group => StartAsync(pool, group, entries.GetValueOrDefault(GroupRecord.KeyOf(group.Id)))).ToList();
        Fault? fault = null;
        foreach (var start in starts)
            fault = await start ?? fault;
        _pools[pool.Record.Id] = pool;
        return fault;
    }
}
