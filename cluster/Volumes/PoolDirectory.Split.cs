using Uss.Coordination;
using Uss.Placement;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

// A pool whose disks have become many for its groups gets twice as many groups: first in its record and map, in one commit, then
// group by group, as each primary comes to it (PlacementGroup.SplitAsync). Only when all have, data moves to even out, or the next
// doubling begins.
internal sealed partial class PoolDirectory
{
    // A map has to fit into a commit, and the nodes' notes on as many groups too.
    private const int MaximumMapBytes = CommitLimits.MaximumBytes / 2;

    // Groups that cannot be split for so long, since their disks are away, do not hold up drains and removals.
    private const long SplitPatienceNs = 10_000_000_000;

    // By pool, since when this node has seen groups that wait to be split.
    private readonly Dictionary<int, long> _splitSinceNs = [];

    // By pool, the topology for which no split is wanted or possible.
    private readonly Dictionary<int, long> _unsplitAt = [];

    /// <summary>True when some pool has too few groups for its disks.</summary>
    public bool WantsSplit(long topology) =>
        _pools.Values.Any(pool => _unsplitAt.GetValueOrDefault(pool.Record.Id, -1) < topology
            && pool.CanSplit
            && WantsSplit(pool, node.KnownTopology(), topology));

    /// <summary>A group was split in two here.</summary>
    public void OnSplit(Pool pool, PlacementGroupId id, GroupRecord record) => Hear(pool, id.Index, record);

    /// <summary>Begins to split all groups of a pool in two. Fault: they are being split already, or not all have begun.</summary>
    public async ValueTask<Fault?> SplitAsync(int id)
    {
        await _solving.EnterAsync();
        var fault = Find(id) is not { } pool ? new Fault("pool-not-found", $"There is no pool {id}.")
            : !pool.CanSplit ? new Fault("pool-splits", $"Not all groups of '{pool.Record.Name}' can be split yet.", "Try again later.")
            : await ReadTopologyAndSplitAsync(pool);
        _solving.Leave();
        return fault;
    }

    private async ValueTask<Fault?> ReadTopologyAndSplitAsync(Pool pool)
    {
        var topology = await TopologySnapshot.ReadAsync(coordination);
        return topology.IsOk ? await SplitAsync(pool, topology.Value) : topology.Fault;
    }

    private bool WantsSplit(Pool pool, Topology topology, long? version = null)
    {
        if (!pool.CanSplit)
            return false;
        var isWanted = PlacementSolver.ShouldSplit(topology, pool.Record.ToPolicy(), node.SplitBelowCopies)
            && _unsplitAt.GetValueOrDefault(pool.Record.Id, -1) != long.MaxValue;
        if (!isWanted && version is { } looked && _unsplitAt.GetValueOrDefault(pool.Record.Id, -1) < looked)
            _unsplitAt[pool.Record.Id] = looked;
        return isWanted;
    }

    private bool MustWaitForSplit(Pool pool)
    {
        if (!pool.IsSplitting)
        {
            _splitSinceNs.Remove(pool.Record.Id);
            return false;
        }

        var nowNs = context.Reactor.MonotonicNs;
        _splitSinceNs.TryAdd(pool.Record.Id, nowNs);
        return nowNs - _splitSinceNs[pool.Record.Id] < SplitPatienceNs;
    }

    // The map's rows stay as they are, twice. The topology gets a new number, so that this map counts as one of an older one: all
    // nodes look to it that data evens out afterwards. Without a fault, either it is done or somebody else was faster.
    private async ValueTask<Fault?> SplitAsync(Pool pool, TopologySnapshot topology)
    {
        var id = pool.Record.Id;
        var readPool = await coordination.GetAsync(PoolRecord.KeyOf(id));
        var readMap = await coordination.GetAsync(MapRecord.KeyOf(id));
        if (!readPool.IsAvailable || !readMap.IsAvailable || readPool.Entries.Count == 0 || readMap.Entries.Count == 0)
            return CoordinationFaults.Unavailable;
        var record = CoordinationJson.Read(readPool.Entries[0].Key, readPool.Entries[0].Value, ReplicationJson.Default.PoolRecord);
        var map = CoordinationJson.Read(readMap.Entries[0].Key, readMap.Entries[0].Value, ReplicationJson.Default.MapRecord);
        if (!record.IsOk || !map.IsOk)
            return record.IsOk ? map.Fault : record.Fault;
        if (record.Value.Groups != pool.Record.Groups || map.Value.Rows.Count != pool.Record.Groups)
        {
            Grow(pool, Math.Max(record.Value.Groups, map.Value.Rows.Count));
            return null;
        }

        var split = PlacementSolver.Split(map.Value.ToMap(), record.Value.ToPolicy());
        var putMap = split.IsOk ? PutMap(id, split.Value.Map, map.Value.Topology) : default;
        if (!split.IsOk || putMap.Value!.Value.Length > MaximumMapBytes)
        {
            _unsplitAt[id] = long.MaxValue;
            return null;
        }

        var grown = record.Value with { Groups = split.Value.Map.Groups, InitialGroups = record.Value.FirstGroups };
        var commit = await coordination.CommitAsync(
            [
                new Condition(PoolRecord.KeyOf(id), readPool.Entries[0].ModifiedRevision),
                new Condition(MapRecord.KeyOf(id), readMap.Entries[0].ModifiedRevision),
                topology.Condition,
            ],
            [
                new Change(PoolRecord.KeyOf(id), CoordinationJson.Write(grown, ReplicationJson.Default.PoolRecord)),
                putMap,
                topology.NextVersion,
            ]);
        if (commit.Status == CommitStatus.Unknown)
            return CoordinationFaults.Unavailable;
        if (commit.Status == CommitStatus.Conflict)
            return null;
        _mapRevisions[id] = commit.Revision;
        Grow(pool, grown.Groups);
        SetMap(pool, split.Value.Map);
        node.OnTopologyRaised(topology.NextVersion);
        return null;
    }

    private static bool IsOf(Pool pool, MapRecord map) =>
        map.Rows.Count <= pool.Record.Groups ? pool.Record.Groups % map.Rows.Count == 0 : pool.Record.CanGrowTo(map.Rows.Count);

    private void Grow(Pool pool, int groups)
    {
        if (!pool.Grow(groups))
            return;
        node.Announce(new NodeEvent(NodeEventKind.PoolSplit, pool.Record.Name));
        node.OnPoolsChanged();
    }

    private void Hear(Pool pool, int index, GroupRecord record)
    {
        Grow(pool, record.Groups);
        node.LookForStraysSoon();
        if (pool.Hear(index, record) is not { } group)
            return;
        group.SetRow(node.InOrder(pool.RowOf(index)));
        node.OnGroupBorn(group);
    }
}
