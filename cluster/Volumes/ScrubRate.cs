using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>Bounds how many bytes a second a scrub reads of one copy.</summary>
internal sealed class ScrubRate(Reactor reactor, long bytesPerSecond)
{
    private long _nextNs;

    /// <summary>Completes when the bytes may be read.</summary>
    public ValueTask SpendAsync(long bytes)
    {
        var nowNs = reactor.MonotonicNs;
        var startNs = Math.Max(_nextNs, nowNs);
        _nextNs = startNs + (long)(bytes * 1e9 / bytesPerSecond);
        return startNs > nowNs ? reactor.DelayAsync(startNs - nowNs) : ValueTask.CompletedTask;
    }
}
