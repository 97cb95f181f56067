using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>Scrubs: reading and comparing all copies of all data, and repairing what is damaged.</summary>
/// <param name="node">The node.</param>
public sealed class ScrubService(INode node)
{
    /// <summary>How the scrubs stand, by pool and group.</summary>
    /// <param name="pool">The pool; null: all.</param>
    public async Task<Result<IReadOnlyList<ScrubView>>> ListAsync(string? pool)
    {
        if (pool is not null && (await node.ListPoolsAsync()).All(known => known.View.Name != pool))
            return Faults.PoolNotFound(pool);
        var scrubs = await node.ListScrubsAsync();
        return Result<IReadOnlyList<ScrubView>>.Ok([.. scrubs.Where(scrub => pool is null || scrub.Pool == pool)]);
    }

    /// <summary>Asks for a scrub. Faults: no such pool or group.</summary>
    public async Task<Result<ScrubStartedView>> StartAsync(StartScrub request)
    {
        var groups = await node.StartScrubAsync(request.Pool, request.Group);
        return groups.IsOk ? new ScrubStartedView(groups.Value) : groups.Fault;
    }
}
