using Uss.Coordination;
using Uss.Placement;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

// Pools that get other numbers of copies.
internal sealed partial class PoolDirectory
{
    /// <summary>True for a pool that volumes made by themselves: its name says its number of copies.</summary>
    public static bool IsOwn(PoolRecord pool) => pool.Name.StartsWith(OwnPrefix, StringComparison.Ordinal);

    /// <summary>Checks other numbers of copies against each other and the disks.</summary>
    /// <param name="wanted">The pool as it would be.</param>
    /// <param name="present">The pool as it is.</param>
    /// <param name="topology">All disks.</param>
    public static Fault? CheckChange(PoolRecord wanted, PoolRecord present, Topology topology)
    {
        if (wanted.Copies is < 1 or > MaximumCopies)
            return new Fault("bad-copies", $"A pool cannot have {wanted.Copies} copies.", $"Use 1 to {MaximumCopies}.");
        if (wanted.Copies != present.Copies && IsOwn(present))
        {
            return new Fault(
                "bad-copies",
                $"Pool '{present.Name}' is the one for volumes with {present.Copies} copies, so it keeps that number.",
                "Make a pool of your own with `uss pool create`.");
        }

        // The record's own reading of the minimum forgives one that is too high.
        var policy = wanted.ToPolicy();
        policy = wanted.MinimumCopies == 0 ? policy : policy with { MinimumCopies = wanted.MinimumCopies };
        var rule = wanted.Copies > present.Copies ? PlacementRules.Check(topology, policy) : PlacementRules.CheckPolicy(policy);
        return rule is null ? null : new Fault(rule.Code, rule.Message, rule.Remedy);
    }

    /// <summary>Takes over a pool's record as somebody committed it.</summary>
    public void Change(Pool pool, string key, ReadOnlyMemory<byte> document)
    {
        if (CoordinationJson.Read(key, document, ReplicationJson.Default.PoolRecord) is { IsOk: true } record)
            Change(pool, record.Value);
    }

    /// <summary>As above.</summary>
    public void Change(Pool pool, PoolRecord record)
    {
        Grow(pool, record.Groups);
        pool.Change(record);
        node.OnPoolsChanged();
    }

    // False when the pool was removed.
    private async ValueTask<Result<bool>> RefreshAsync(Pool pool)
    {
        var read = await coordination.GetAsync(PoolRecord.KeyOf(pool.Record.Id));
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        if (read.Entries.Count == 0)
            return false;
        Change(pool, read.Entries[0].Key, read.Entries[0].Value);
        return true;
    }
}
