using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

// Changing and removing pools.
public sealed partial class BlockNode
{
    /// <summary>
    /// Changes a pool's numbers of copies. Copies that it asks for now join in the background; those that it does not ask for any
    /// more leave once all others are in sync.
    /// </summary>
    /// <param name="name">The pool.</param>
    /// <param name="copies">Copies of every block; null: as they are.</param>
    /// <param name="minimumCopies">Copies that must be durable before a write is acknowledged; null: as it is.</param>
    /// <returns>The pool. Faults: no such pool, numbers that cannot be, the rule of placement that fails.</returns>
    public async ValueTask<Result<Pool>> ChangePoolAsync(string name, int? copies, int? minimumCopies)
    {
        while (true)
        {
            if (_pools.FindByName(name) is not { } pool)
                return NoPool(name);
            var key = PoolRecord.KeyOf(pool.Record.Id);
            var read = await _coordination.GetAsync(key);
            if (!read.IsAvailable)
                return CoordinationFaults.Unavailable;
            if (read.Entries.Count == 0)
                return NoPool(name);
            var present = CoordinationJson.Read(key, read.Entries[0].Value, ReplicationJson.Default.PoolRecord);
            if (!present.IsOk)
                return present.Fault;
            var wanted = present.Value with
            {
                Copies = copies ?? present.Value.Copies,
                MinimumCopies = minimumCopies ?? present.Value.MinimumCopies,
            };
            var fault = await CommitTopologyAsync(
                topology => PoolDirectory.CheckChange(wanted, present.Value, topology.ToTopology()) is { } bad ? bad
                    : wanted == present.Value ? Changes()
                    : Changes(new Change(key, CoordinationJson.Write(wanted, ReplicationJson.Default.PoolRecord))),
                [new Condition(key, read.Entries[0].ModifiedRevision)]);
            if (fault == TopologyMoved)
                continue;
            if (fault is null)
            {
                _pools.Change(pool, wanted);
                fault = await _pools.RebalanceAsync();
            }

            return fault is null ? pool : fault;
        }
    }

    /// <summary>Removes a pool that no volume is in. Faults: no such pool, volumes in it.</summary>
    public ValueTask<Fault?> RemovePoolAsync(string name) => _pools.RemoveAsync(name);

    internal static Fault NoPool(string name) => new("pool-not-found", $"There is no pool '{name}'.", "List the pools with `uss pool ls`.");
}
