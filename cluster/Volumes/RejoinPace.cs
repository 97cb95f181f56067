namespace Uss.Volumes;

/// <summary>
/// Lets a disk that failed changes, though its node answers, come back step by step: one group after a pause, and twice as many at
/// once with each that succeeds. A link or disk that is too slow is not kept busy by the attempts then, which would hold up the
/// groups that cannot go on without it, and clients wait for one group at most.
/// </summary>
/// <remarks>Slow start (RFC 5681, section 3.1), with groups in the place of segments. Owned by one reactor.</remarks>
internal sealed class RejoinPace
{
    private const long FirstPauseNs = 1_000_000_000;
    private const long LaterPauseNs = 5_000_000_000;

    private readonly int _mostAtOnce;
    private int _atOnce;
    private int _running;
    private long _notBeforeNs;

    /// <summary>Creates the pace of a disk that has just failed.</summary>
    /// <param name="mostAtOnce">Groups that join at once when nothing is wrong.</param>
    /// <param name="nowNs">The reactor's time.</param>
    public RejoinPace(int mostAtOnce, long nowNs)
    {
        _mostAtOnce = _atOnce = mostAtOnce;
        NoteFailure(nowNs);
    }

    /// <summary>True once as many groups may join at once as anywhere: the pace is not needed any more.</summary>
    public bool IsOver => _atOnce >= _mostAtOnce;

    /// <summary>True when another group may begin to join.</summary>
    public bool MayBegin(long nowNs) => _running < _atOnce && nowNs >= _notBeforeNs;

    /// <summary>The disk failed a change. What fails while it pauses failed for the same reason.</summary>
    public void NoteFailure(long nowNs)
    {
        if (nowNs < _notBeforeNs)
            return;
        _notBeforeNs = nowNs + (_atOnce == _mostAtOnce ? FirstPauseNs : LaterPauseNs);
        _atOnce = 1;
    }

    /// <summary>A group begins to join.</summary>
    public void Begin() => _running++;

    /// <summary>A group that began has ended.</summary>
    public void End(bool isInSync)
    {
        _running--;
        if (isInSync)
            _atOnce = Math.Min(2 * _atOnce, _mostAtOnce);
    }
}
