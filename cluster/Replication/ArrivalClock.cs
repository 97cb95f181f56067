using Uss.Runtime;

namespace Uss.Replication;

/// <summary>
/// Tells when what arrives now has arrived, at the latest. A process that was stopped for a while finds what came meanwhile
/// and cannot tell when; so after a stop this clock stays where it was before, until what came meanwhile has been taken in.
/// </summary>
internal sealed class ArrivalClock
{
    // How often the clock is set, what counts as a stop, and how long it takes to catch up.
    private const long LookNs = 50_000_000;
    private const long LongestPauseNs = 10 * LookNs;
    private const long LookAfterStopNs = 100_000_000;

    private readonly Reactor _reactor;
    private long _lookedNs;
    private bool _isStopped;

    /// <summary>Starts the clock. From the start of a node: one that begins with the first change would take that for fresh.</summary>
    public ArrivalClock(Reactor reactor)
    {
        _reactor = reactor;
        _lookedNs = reactor.MonotonicNs;
        Look();
    }

    /// <summary>The time for what arrives now, in nanoseconds on the reactor's clock: at most that.</summary>
    public long NowNs { get; private set; }

    /// <summary>Ends it: the clock stands.</summary>
    public void Stop() => _isStopped = true;

    private void Look()
    {
        var nowNs = _reactor.MonotonicNs;
        var wasStopped = nowNs - _lookedNs > LongestPauseNs;
        _lookedNs = nowNs;
        if (!wasStopped)
            NowNs = nowNs;
        if (!_isStopped)
            _reactor.Schedule(wasStopped ? LookAfterStopNs : LookNs, static clock => ((ArrivalClock)clock!).Look(), this);
    }
}
