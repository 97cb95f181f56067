using Serilog;
using Uss.Coordination;
using Uss.Runtime;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>In a cluster other nodes change LUN maps and initiator rules too: follows them and brings them to this target.</summary>
internal sealed class AccessWatch : IDisposable
{
    private readonly AccessService _access;
    private readonly ILogger _log;
    private readonly List<IWatch> _watches = [];

    private AccessWatch(AccessService access, ILogger log)
    {
        _access = access;
        _log = log;
    }

    /// <summary>Begins to follow, on the reactor, from a revision that has been applied.</summary>
    public static AccessWatch Start(Reactor reactor, ICoordinationStore coordination, long revision, AccessService access, ILogger log)
    {
        var follower = new AccessWatch(access, log);
        foreach (var prefix in (string[])[RecordKeys.Luns, RecordKeys.Initiators])
        {
            var watch = coordination.Watch(prefix, revision);
            follower._watches.Add(watch);
            reactor.Spawn(follower.FollowAsync(watch));
        }

        return follower;
    }

    /// <summary>Ends it; on the reactor.</summary>
    public void Dispose()
    {
        foreach (var watch in _watches)
            watch.Dispose();
        _watches.Clear();
    }

    private async ValueTask FollowAsync(IWatch watch)
    {
        while (_watches.Contains(watch))
        {
            await watch.NextAsync();

            // The rules are read as a whole, off the reactor.
            _ = Task.Run(ApplyAsync);
        }
    }

    private async Task ApplyAsync()
    {
        if (await _access.ApplyAsync() is { } fault)
            _log.Warning("{Fault:l}", fault.ToString());
    }
}
