using System.Text.Json.Serialization.Metadata;
using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

// Pools that go.
internal sealed partial class PoolDirectory
{
    private const int GroupsAtOnce = 100;

    /// <summary>Removes a pool that no volume is in. Faults: no such pool, volumes in it.</summary>
    public async ValueTask<Fault?> RemoveAsync(string name)
    {
        while (true)
        {
            if (FindByName(name)?.Record.Id is not { } id)
                return BlockNode.NoPool(name);

            // Every new volume changes the counters: none can come into the pool between this look at the volumes and the commit.
            var counters = await coordination.GetAsync(CountersRecord.Key);
            var volumes = await coordination.ListAsync(VolumeRecord.Prefix);
            var fileSystems = await coordination.ListAsync(FileSystemRecord.Prefix);
            var groups = await coordination.ListAsync(GroupRecord.PrefixOf(id));
            if (!counters.IsAvailable || !volumes.IsAvailable || !fileSystems.IsAvailable || !groups.IsAvailable)
                return CoordinationFaults.Unavailable;
            if (FindVolumes(volumes, id) is { Count: > 0 } inside)
            {
                return new Fault(
                    "pool-in-use",
                    $"Pool '{name}' holds {(inside.Count == 1 ? "volume" : $"{inside.Count} volumes, among them")} '{inside[0]}'.",
                    "Remove its volumes first; `uss volume ls` shows which pool each is in.");
            }

            if (FindFileSystems(fileSystems, id) is { Count: > 0 } kept)
            {
                return new Fault(
                    "pool-in-use",
                    $"Pool '{name}' holds {(kept.Count == 1 ? "file system" : $"{kept.Count} file systems, among them")} '{kept[0]}'.",
                    "Remove its file systems first; `uss fs ls` shows which pool each is in.");
            }

            var known = Counters.From(counters);
            if (!known.IsOk)
                return known.Fault;
            var commit = await coordination.CommitAsync(
                [new Condition(CountersRecord.Key, Counters.RevisionOf(counters))],
                [Counters.Put(known.Value), new Change(PoolRecord.KeyOf(id), null), new Change(MapRecord.KeyOf(id), null)]);
            if (commit.Status == CommitStatus.Unknown)
                return CoordinationFaults.Unavailable;
            if (commit.Status == CommitStatus.Conflict)
                continue;
            await DropAsync(id);

            // Records of groups without a map say nothing any more, so it does not matter when some of them stay.
            foreach (var batch in groups.Entries.Chunk(GroupsAtOnce))
                await coordination.CommitAsync([], [.. batch.Select(entry => new Change(entry.Key, null))]);
            return null;
        }
    }

    /// <summary>The pool was removed: its groups end.</summary>
    public async ValueTask DropAsync(int id)
    {
        if (!_pools.Remove(id, out var gone))
            return;
        _mapRevisions.Remove(id);
        _mapTopologies.Remove(id);
        foreach (var group in gone.Groups)
            await group.CloseAsync();
        node.OnPoolsChanged();
    }

    private static List<string> FindVolumes(CoordinationRead volumes, int pool) =>
        FindUsers(volumes, VolumeRecord.Prefix, VolumesJson.Default.VolumeRecord, record => record.Pool == pool);

    private static List<string> FindFileSystems(CoordinationRead fileSystems, int pool) =>
        FindUsers(fileSystems, FileSystemRecord.Prefix, VolumesJson.Default.FileSystemRecord, record => record.Pool == pool);

    // One that cannot be read may be in any pool.
    private static List<string> FindUsers<T>(CoordinationRead read, string prefix, JsonTypeInfo<T> type, Func<T, bool> isInside)
        where T : class
    {
        var found = new List<string>();
        foreach (var entry in read.Entries)
        {
            var record = CoordinationJson.Read(entry.Key, entry.Value, type);
            if (!record.IsOk || isInside(record.Value))
                found.Add(entry.Key[prefix.Length..]);
        }

        return found;
    }
}
