using Uss.Coordination;
using Uss.Replication;

namespace Uss.Volumes;

// Records that shut clients out are followed by the front-end of every node: what they say is in force when all of them do.
public sealed partial class BlockNode
{
    private const string FencePrefix = "fences/";
    private const long FenceLookNs = 4_000_000;

    /// <summary>What this node's front-end heeds.</summary>
    public FrontEndFence Fence => _context.Fence;

    /// <summary>
    /// The front-end of this node heeds the records up to a number, and what it had under way against them has ended: makes sure of
    /// the same for what others want here, and tells so.
    /// </summary>
    /// <returns>False when the store does not answer.</returns>
    public async ValueTask<bool> RaiseFenceAsync(long number)
    {
        await Fence.RaiseAsync(number);
        var commit = await _coordination.CommitAsync([], [new Change(FencePrefix + _options.NodeName, FrontEndFence.Format(number))]);
        return commit.Status == CommitStatus.Applied;
    }

    /// <summary>
    /// Completes once nothing can be done at a pool any more that the records up to a number forbid: each node has raised its fence so
    /// far, or is primary of none of the pool's groups and so depends on others who have.
    /// </summary>
    /// <param name="number">What the commit that changed a record has put under <see cref="FrontEndFence.HeadKey"/>.</param>
    /// <param name="pool">Number of the pool.</param>
    /// <param name="timeoutNs">When to give up: a node that is primary of something and lives cannot be reached.</param>
    /// <returns>True when it is so; false when the time is over.</returns>
    public async ValueTask<bool> SettleFenceAsync(long number, int pool, long timeoutNs)
    {
        var untilNs = _reactor.MonotonicNs + timeoutNs;
        for (var delayNs = FenceLookNs; ; delayNs = Math.Min(2 * delayNs, 25 * FenceLookNs))
        {
            // Nodes first: who registers later begins with the newest records.
            var nodes = await _coordination.ListAsync(NodeRecord.Prefix);
            var fences = await _coordination.ListAsync(FencePrefix);
            if (nodes.IsAvailable && fences.IsAvailable)
            {
                var behind = nodes.Entries.Select(entry => entry.Key[NodeRecord.Prefix.Length..]).ToHashSet(StringComparer.Ordinal);
                behind.ExceptWith(fences.Entries.Where(entry => FrontEndFence.Parse(entry.Value) >= number).Select(entry => entry.Key[FencePrefix.Length..]));
                if (behind.Count == 0 || (!behind.Contains(_options.NodeName) && await AreNoPrimariesAsync(behind, pool)))
                    return true;
            }

            if (_isClosing || _reactor.MonotonicNs >= untilNs)
                return false;
            await _reactor.DelayAsync(delayNs);
        }
    }

    // By the records as they are now: what this node has heard of them may be older.
    private async ValueTask<bool> AreNoPrimariesAsync(HashSet<string> nodes, int pool)
    {
        var groups = await _coordination.ListAsync(GroupRecord.PrefixOf(pool));
        if (!groups.IsAvailable)
            return false;
        foreach (var entry in groups.Entries)
        {
            var record = CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.GroupRecord);
            if (!record.IsOk || _directory.Find(record.Value.Primary) is not { } disk || nodes.Contains(disk.Node))
                return false;
        }

        return true;
    }
}
