using Serilog;
using Uss.Coordination;
using Uss.Runtime;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>
/// In a cluster other nodes change LUN maps, initiator rules and exports too: follows them and brings them to this node's front-ends.
/// </summary>
internal sealed class AccessWatch : IDisposable
{
    private readonly ILogger _log;
    private readonly List<IWatch> _watches = [];

    private AccessWatch(ILogger log) => _log = log;

    /// <summary>Begins to follow, on the reactor, from a revision that has been applied.</summary>
    public static AccessWatch Start(Reactor reactor, ICoordinationStore coordination, long revision, AccessService access, ILogger log)
    {
        var follower = new AccessWatch(log);
        Follow(RecordKeys.Luns, access.ApplyAsync);
        Follow(RecordKeys.Initiators, access.ApplyAsync);
        Follow(RecordKeys.Exports, access.ApplyExportsAsync);
        return follower;

        void Follow(string prefix, Func<Task<Fault?>> applyAsync)
        {
            var watch = coordination.Watch(prefix, revision);
            follower._watches.Add(watch);
            reactor.Spawn(follower.FollowAsync(watch, applyAsync));
        }
    }

    /// <summary>Ends it; on the reactor.</summary>
    public void Dispose()
    {
        foreach (var watch in _watches)
            watch.Dispose();
        _watches.Clear();
    }

    private async ValueTask FollowAsync(IWatch watch, Func<Task<Fault?>> applyAsync)
    {
        while (_watches.Contains(watch))
        {
            await watch.NextAsync();

            // The rules are read as a whole, off the reactor.
            _ = Task.Run(() => ApplyAsync(applyAsync));
        }
    }

    private async Task ApplyAsync(Func<Task<Fault?>> applyAsync)
    {
        if (await applyAsync() is { } fault)
            _log.Warning("{Fault:l}", fault.ToString());
    }
}
