using Uss.Coordination;
using Uss.Placement;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>The pools of this node: loads and starts them, creates them when a volume first asks for one.</summary>
internal sealed class PoolDirectory(ICoordinationStore coordination, GroupContext context, BlockNode node)
{
    private readonly SortedDictionary<int, Pool> _pools = [];

    public IReadOnlyCollection<Pool> Pools => _pools.Values;

    public Pool? Find(int id) => _pools.GetValueOrDefault(id);

    /// <summary>Loads all pools and starts their groups.</summary>
    public async ValueTask<Fault?> LoadAsync()
    {
        var pools = await coordination.ListAsync("pools/");
        var maps = await coordination.ListAsync("maps/");
        if (!pools.IsAvailable || !maps.IsAvailable)
            return CoordinationFaults.Unavailable;
        foreach (var entry in pools.Entries)
        {
            var record = CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.PoolRecord);
            if (!record.IsOk)
                return record.Fault;
            var mapEntry = maps.Entries.FirstOrDefault(map => map.Key == MapRecord.KeyOf(record.Value.Id));
            if (mapEntry is null)
                return new Fault("map-missing", $"Pool '{record.Value.Name}' has no placement map.", CoordinationFaults.Restore);
            var map = CoordinationJson.Read(mapEntry.Key, mapEntry.Value, ReplicationJson.Default.MapRecord);
            if (!map.IsOk)
                return map.Fault;
            if (await StartAsync(new Pool(record.Value, map.Value.ToMap(), context)) is { } fault)
                return fault;
        }

        return null;
    }

    /// <summary>The pool with a number of copies; created when there is none yet.</summary>
    public async ValueTask<Result<Pool>> EnsureAsync(int copies)
    {
        if (_pools.Values.FirstOrDefault(pool => pool.Record.Copies == copies) is { } existing)
            return existing;
        var disks = node.OnlineTopology();
        if (copies < 1 || copies > disks.Disks.Count)
        {
            return new Fault(
                "not-enough-disks",
                $"{copies} copies on different disks cannot be had from {disks.Disks.Count} disks that are online.",
                "Add disks, or ask for fewer copies.");
        }

        while (true)
        {
            var read = await coordination.GetAsync(CountersRecord.Key);
            if (!read.IsAvailable)
                return CoordinationFaults.Unavailable;
            var counters = Counters.From(read);
            if (!counters.IsOk)
                return counters.Fault;
            if (counters.Value.NextPool > SpaceId.MaximumPool)
                return new Fault("too-many-pools", "There are no pool numbers left.");
            var record = new PoolRecord
            {
                Id = counters.Value.NextPool,
                Name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"copies-{copies}"),
                Copies = copies,
                Groups = PoolPolicy.SuggestGroups(disks.Disks.Count, copies),
            };
            var map = PlacementSolver.Solve(disks, record.ToPolicy()).Map;
            var commit = await coordination.CommitAsync(
                [new Condition(CountersRecord.Key, Counters.RevisionOf(read))],
                [
                    Counters.Put(counters.Value with { NextPool = record.Id + 1 }),
                    new Change(PoolRecord.KeyOf(record.Id), CoordinationJson.Write(record, ReplicationJson.Default.PoolRecord)),
                    new Change(MapRecord.KeyOf(record.Id), CoordinationJson.Write(MapRecord.From(map), ReplicationJson.Default.MapRecord)),
                ]);
            if (commit.Status == CommitStatus.Unknown)
                return CoordinationFaults.Unavailable;
            if (commit.Status == CommitStatus.Conflict)
                continue;
            var pool = new Pool(record, map, context);
            return await StartAsync(pool) is { } fault ? fault : pool;
        }
    }

    public void Close()
    {
        foreach (var group in _pools.Values.SelectMany(pool => pool.Groups))
            group.Close();
    }

    private async ValueTask<Fault?> StartAsync(Pool pool)
    {
        var read = await coordination.ListAsync(GroupRecord.PrefixOf(pool.Record.Id));
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        var entries = read.Entries.ToDictionary(entry => entry.Key, StringComparer.Ordinal);
        var starts = new List<ValueTask<Fault?>>();
        Fault? fault = null;
        foreach (var group in pool.Groups)
        {
            GroupRecord? record = null;
            if (entries.TryGetValue(GroupRecord.KeyOf(group.Id), out var entry))
            {
                var parsed = CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.GroupRecord);
                if (!parsed.IsOk)
                {
                    fault = parsed.Fault;
                    group.MakeUnavailable();
                    continue;
                }

                record = parsed.Value;
            }

            var row = pool.Map.Rows[group.Id.Index];
            var online = row.Concat(record?.InSync ?? []).Distinct().Select(node.FindReplica).OfType<IReplica>().ToList();
            starts.Add(group.StartAsync(record, entry?.ModifiedRevision ?? 0, online));
        }

        foreach (var start in starts)
            fault = await start ?? fault;
        if (fault is null)
            _pools.Add(pool.Record.Id, pool);
        return fault;
    }
}
