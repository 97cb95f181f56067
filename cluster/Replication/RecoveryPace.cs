using Uss.Runtime;

namespace Uss.Replication;

/// <summary>
/// Lets recovery, rebalancing and scrubs yield to clients. Without clients they run freely. With clients each copy is
/// followed by a pause, whose length depends on what the copies do to the clients: about once a second the copies rest for
/// a moment, and what operations take then is compared with what they take while copies run.
/// </summary>
/// <remarks>
/// Additive increase and multiplicative decrease (Chiu and Jain 1989), as congestion control does it: the share of the time in which
/// copies run shrinks by a third after each window in which clients were slowed down by more than a third, and grows slowly
/// otherwise. It never falls below 1/16: redundancy returns however busy clients are.
/// </remarks>
public sealed class RecoveryPace
{
    private const long WindowNs = 100_000_000;
    private const long SettleNs = 30_000_000;
    private const int WindowsBetweenRests = 9;
    private const int BusyCopies = 2;
    private const int IdleCopies = 32;
    private const int LeastOperations = 8;
    private const double BearableSlowdown = 1.33;
    private const double FirstShare = 1.0 / 4;
    private const double LeastShare = 1.0 / 16;
    private const double ShareStep = 1.0 / 64;

    private readonly Reactor _reactor;
    private readonly ChangeSignal _changed = new();
    private readonly ClientLatency _quiet = new();
    private readonly ClientLatency _besideCopies = new();
    private long _lastArrivalNs = long.MinValue / 2;
    private long _restNs;
    private int _windows;
    private int _waiting;
    private bool _isWatching;

    /// <summary>Creates the pace of a reactor's groups.</summary>
    public RecoveryPace(Reactor reactor) => _reactor = reactor;

    /// <summary>Copies under way, their pauses included.</summary>
    public int Running { get; private set; }

    /// <summary>The part of the time in which copies run while clients are at work, 1/16 to 1.</summary>
    public double Share { get; private set; } = FirstShare;

    /// <summary>True while no copy begins, so that clients' operations show how long they take without.</summary>
    internal bool IsResting { get; private set; }

    private bool HasClients => _reactor.MonotonicNs - _lastArrivalNs < WindowNs;

    /// <summary>A client's operation arrives.</summary>
    /// <returns>When, for <see cref="NoteEnd"/>.</returns>
    internal long NoteArrival() => _lastArrivalNs = _reactor.MonotonicNs;

    /// <summary>A client's operation has ended.</summary>
    internal void NoteEnd(bool isWrite, long arrivedNs)
    {
        var elapsedNs = _reactor.MonotonicNs - arrivedNs;
        if (!_isWatching)
            _quiet.Add(isWrite, elapsedNs);
        else if (!IsResting)
            _besideCopies.Add(isWrite, elapsedNs);
        else if (arrivedNs - _restNs >= SettleNs)
            _quiet.Add(isWrite, elapsedNs);
    }

    /// <summary>Completes when a copy may begin.</summary>
    /// <returns>When it began, for <see cref="Leave"/>.</returns>
    internal async ValueTask<long> EnterAsync()
    {
        Watch();
        _waiting++;
        while (HasClients ? IsResting || Running >= BusyCopies : Running >= IdleCopies)
            await _changed.WaitAsync();
        _waiting--;
        Running++;
        return _reactor.MonotonicNs;
    }

    /// <summary>The copy is done; the next one may begin after the pause.</summary>
    internal void Leave(long enteredNs)
    {
        if (HasClients)
        {
            var pauseNs = (_reactor.MonotonicNs - enteredNs) * ((1 / Share) - 1);
            _reactor.Schedule((long)pauseNs, static pace => ((RecoveryPace)pace!).End(), this);
        }
        else
        {
            End();
        }
    }

    private void End()
    {
        Running--;
        _changed.Raise();
    }

    private void Watch()
    {
        if (_isWatching)
            return;
        _isWatching = true;
        _windows = 0;
        BeginWindow();
    }

    private void BeginWindow()
    {
        _besideCopies.Clear();
        _reactor.Schedule(WindowNs, static pace => ((RecoveryPace)pace!).EndWindow(), this);
    }

    private void EndWindow()
    {
        if (!IsResting)
            Judge();
        IsResting = !IsResting && HasClients && ++_windows % WindowsBetweenRests == 0;
        _restNs = _reactor.MonotonicNs;
        _isWatching = Running + _waiting > 0;
        if (_isWatching)
            BeginWindow();
        _changed.Raise();
    }

    private void Judge()
    {
        if (_besideCopies.SlowdownFrom(_quiet, LeastOperations) is { } slowdown)
            Share = slowdown > BearableSlowdown ? Math.Max(LeastShare, Share * 2 / 3) : Math.Min(1, Share + ShareStep);
    }
}
