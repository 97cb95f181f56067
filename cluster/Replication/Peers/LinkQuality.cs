namespace Uss.Replication;

/// <summary>
/// Whether the answers of a node come in time. One that is late again and again is neither dead nor able to serve (a gray failure,
/// Huang et al., HotOS 2017): its link, its processors or its disks are too slow, and no group is left to it meanwhile.
/// </summary>
/// <remarks>Owned by one reactor; times are that reactor's monotonic clock.</remarks>
internal sealed class LinkQuality
{
    private const long WindowNs = 10_000_000_000;
    private const long ShortestHoldNs = 10_000_000_000;
    private const long LongestHoldNs = 60_000_000_000;

    private long _lateNs = long.MinValue / 2;
    private long _poorUntilNs = long.MinValue / 2;
    private long _holdNs;

    /// <summary>True from the second late answer within 10 s on, for 10 s after the last one; up to 60 s when it comes back.</summary>
    public bool IsPoor(long nowNs) => nowNs < _poorUntilNs;

    /// <summary>No answer came while a lease lasts.</summary>
    public void NoteLate(long nowNs)
    {
        if (nowNs - _lateNs < WindowNs)
        {
            if (!IsPoor(nowNs))
                _holdNs = nowNs - _poorUntilNs < LongestHoldNs ? Math.Min(2 * _holdNs, LongestHoldNs) : ShortestHoldNs;
            _poorUntilNs = nowNs + _holdNs;
        }

        _lateNs = nowNs;
    }
}
