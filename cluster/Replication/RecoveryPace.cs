using Uss.Runtime;

namespace Uss.Replication;

/// <summary>
/// Lets recovery and rebalancing yield to clients: while clients are at work, few copies run at once and each is followed by
/// a pause as long as a multiple of itself, so that slow disks slow recovery down by themselves; otherwise it runs freely.
/// </summary>
public sealed class RecoveryPace
{
    private const long WindowNs = 100_000_000;
    private const int BusyCopies = 2;
    private const int IdleCopies = 32;
    private const int PauseShare = 3;

    private readonly Reactor _reactor;
    private readonly ChangeSignal _left = new();
    private long _operations;
    private long _operationsBefore;
    private long _windowNs;
    private bool _isBusy;
    private int _running;

    /// <summary>Creates the pace of a reactor's groups.</summary>
    public RecoveryPace(Reactor reactor) => _reactor = reactor;

    /// <summary>Copies under way, their pauses included.</summary>
    public int Running => _running;

    /// <summary>A client's operation arrives.</summary>
    internal void NoteOperation() => _operations++;

    /// <summary>Completes when a copy may begin.</summary>
    /// <returns>When it began, for <see cref="Leave"/>.</returns>
    internal async ValueTask<long> EnterAsync()
    {
        while (_running >= (IsBusy() ? BusyCopies : IdleCopies))
            await _left.WaitAsync();
        _running++;
        return _reactor.MonotonicNs;
    }

    /// <summary>The copy is done; the next one may begin after the pause.</summary>
    internal void Leave(long enteredNs)
    {
        if (IsBusy())
            _reactor.Schedule((_reactor.MonotonicNs - enteredNs) * PauseShare, static pace => ((RecoveryPace)pace!).End(), this);
        else
            End();
    }

    private void End()
    {
        _running--;
        _left.Raise();
    }

    // Clients are at work when some operation arrived in the last window.
    private bool IsBusy()
    {
        if (_reactor.MonotonicNs - _windowNs >= WindowNs)
        {
            _isBusy = _operations != _operationsBefore;
            _operationsBefore = _operations;
            _windowNs = _reactor.MonotonicNs;
        }

        return _isBusy;
    }
}
