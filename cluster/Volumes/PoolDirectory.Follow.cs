using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

// In a cluster others make pools, change maps and become primaries too: watches tell.
internal sealed partial class PoolDirectory
{
    private const long LoadRetryNs = 200_000_000;

    private readonly List<IWatch> _watches = [];

    /// <summary>Group records up to this revision are known here.</summary>
    public long AppliedRevision { get; private set; }

    /// <summary>Stops following.</summary>
    public void Close()
    {
        foreach (var watch in _watches)
            watch.Dispose();
        _watches.Clear();
    }

    /// <summary>
    /// The pool, read from the coordination store when this node has not heard of it yet; null when there is none. A store that does
    /// not answer is asked again: nobody tells of the pool a second time.
    /// </summary>
    public async ValueTask<Pool?> FindOrLoadAsync(int id)
    {
        if (Find(id) is { } known || context.IsAlone)
            return Find(id);
        await _creating.EnterAsync();
        while (Find(id) is null && await LoadAsync(id) == CoordinationFaults.Unavailable && !context.IsClosing)
            await context.Reactor.DelayAsync(LoadRetryNs);
        _creating.Leave();
        return Find(id);
    }

    private async ValueTask<Fault?> LoadAsync(int id)
    {
        var record = await coordination.GetAsync(PoolRecord.KeyOf(id));
        var map = await coordination.GetAsync(MapRecord.KeyOf(id));
        if (!record.IsAvailable || !map.IsAvailable)
            return CoordinationFaults.Unavailable;
        return record.Entries.Count > 0 && map.Entries.Count > 0 ? await LoadAsync(record.Entries[0], map.Entries[0]) : null;
    }

    private void Follow(long poolsRevision, long mapsRevision)
    {
        // The groups' records were read later than the pools.
        AppliedRevision = poolsRevision;
        Follow(PoolRecord.Prefix, poolsRevision, static (directory, change) => directory.ApplyPoolAsync(change));
        Follow("maps/", mapsRevision, static (directory, change) => directory.ApplyMapAsync(change));
        Follow(GroupRecord.Prefix, poolsRevision, static (directory, change) => directory.ApplyGroupAsync(change));
    }

    private void Follow(string prefix, long revision, Func<PoolDirectory, Change, ValueTask> apply)
    {
        var watch = coordination.Watch(prefix, revision);
        _watches.Add(watch);
        context.Reactor.Spawn(FollowAsync(watch, prefix, apply));
    }

    private async ValueTask FollowAsync(IWatch watch, string prefix, Func<PoolDirectory, Change, ValueTask> apply)
    {
        while (_watches.Contains(watch))
        {
            var batch = await watch.NextAsync();
            if (batch.IsWhole && prefix == PoolRecord.Prefix)
                await DropAbsentAsync(batch.Changes);
            foreach (var change in batch.Changes)
                await apply(this, change);
            if (prefix == GroupRecord.Prefix)
                AppliedRevision = batch.Revision;
        }
    }

    private async ValueTask ApplyPoolAsync(Change change)
    {
        var id = PoolRecord.IdOf(change.Key);
        if (change.Value is not { } document)
            await DropAsync(id);
        else if (Find(id) is not { } pool)
            await FindOrLoadAsync(id);
        else
            Change(pool, change.Key, document);
    }

    // A watch that had fallen behind tells what there is, and not what is gone.
    private async ValueTask DropAbsentAsync(IReadOnlyList<Change> present)
    {
        var ids = present.Select(change => PoolRecord.IdOf(change.Key)).ToHashSet();
        foreach (var id in _pools.Keys.Where(id => !ids.Contains(id)).ToList())
            await DropAsync(id);
    }

    private ValueTask ApplyMapAsync(Change change)
    {
        if (change.Value is { } document && FindOrLoading(PoolRecord.IdOf(change.Key)) is { } pool)
        {
            var map = CoordinationJson.Read(change.Key, document, ReplicationJson.Default.MapRecord);
            if (map.IsOk && map.Value.Version > pool.Map.Version && IsOf(pool, map.Value))
            {
                Grow(pool, map.Value.Rows.Count);
                Note(pool, map.Value, _mapRevisions.GetValueOrDefault(pool.Record.Id));
                SetMap(pool, map.Value.ToMap());
            }
        }

        return ValueTask.CompletedTask;
    }

    private ValueTask ApplyGroupAsync(Change change)
    {
        if (change.Value is { } document && GroupRecord.IdOf(change.Key) is { } id && FindOrLoading(id.Pool) is { } pool)
            Hear(pool, id.Index, change.Key, document);
        return ValueTask.CompletedTask;
    }

    private Pool? FindOrLoading(int id) => Find(id) ?? _loading.GetValueOrDefault(id);

    private void Hear(Pool pool, int index, string key, ReadOnlyMemory<byte> document)
    {
        var record = CoordinationJson.Read(key, document, ReplicationJson.Default.GroupRecord);
        if (record.IsOk)
            Hear(pool, index, record.Value);
    }

    // Takes in a pool with the records of its groups; whoever is primary starts them.
    private void Take(Pool pool, CoordinationRead groups)
    {
        _pools[pool.Record.Id] = pool;
        PlaceGroups(pool);
        foreach (var entry in groups.Entries)
        {
            if (GroupRecord.IdOf(entry.Key) is { } id)
                Hear(pool, id.Index, entry.Key, entry.Value);
        }

        node.OnPoolsChanged();
    }

    private async ValueTask<Fault?> RereadMapAsync(Pool pool)
    {
        var read = await coordination.GetAsync(MapRecord.KeyOf(pool.Record.Id));
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        if (read.Entries.Count == 0)
            return null;
        var map = CoordinationJson.Read(read.Entries[0].Key, read.Entries[0].Value, ReplicationJson.Default.MapRecord);
        if (!map.IsOk)
            return map.Fault;
        Grow(pool, map.Value.Rows.Count);
        Note(pool, map.Value, read.Entries[0].ModifiedRevision);
        SetMap(pool, map.Value.ToMap());
        return null;
    }
}
