using Uss.Coordination;
using Uss.Runtime;

namespace Uss.Replication;

/// <summary>
/// How far the front-end of this node has followed the records that shut clients out (persistent reservations), as a revision of the
/// coordination store, and what follows from it: other nodes' front-ends that have not come as far get nothing done at this node's
/// primaries, and no leases from here.
/// </summary>
/// <remarks>
/// Whoever changes such a record changes <see cref="HeadKey"/> in the same commit. Its change is in force everywhere once each node has
/// raised its fence to the commit's revision, or is primary of nothing: see docs/replication.md.
/// </remarks>
public sealed class FrontEndFence
{
    /// <summary>Changed by every commit that front-ends have to follow.</summary>
    public const string HeadKey = "front-end-fence";

    private const long RetryNs = 100_000_000;

    private readonly Reactor _reactor;
    private readonly ICoordinationStore _coordination;
    private readonly ChangeSignal _changed = new();
    private readonly int[] _active = new int[2];
    private int _turn;
    private bool _isRaising;
    private bool _isReading;
    private long _asked;
    private long _answered;
    private long _head;

    /// <summary>Creates the fence of a node.</summary>
    public FrontEndFence(Reactor reactor, ICoordinationStore coordination)
    {
        _reactor = reactor;
        _coordination = coordination;
    }

    /// <summary>What this node's front-end heeds, and every other one that wants something here has to.</summary>
    public long Revision { get; private set; }

    /// <summary>What this node's front-end has begun to heed: operations that it began before may still be under way.</summary>
    public long BegunRevision { get; private set; }

    /// <summary>Told when <see cref="Revision"/> has risen.</summary>
    internal Action? Raised { get; set; }

    /// <summary>Before the front-end serves anybody: it begins with what the records say now.</summary>
    /// <returns>False when the store does not answer.</returns>
    public async ValueTask<bool> StartAsync()
    {
        var read = await _coordination.GetAsync(HeadKey);
        if (read.IsAvailable && read.Entries.Count > 0)
            BegunRevision = Revision = Math.Max(Revision, read.Entries[0].ModifiedRevision);
        return read.IsAvailable;
    }

    /// <summary>The front-end goes by newer records from now on.</summary>
    public void Begin(long revision) => BegunRevision = Math.Max(BegunRevision, revision);

    /// <summary>
    /// What the front-end began under older records has come to its end. Completes once that is true, too, of what other front-ends
    /// under older records have under way at this node's primaries, and nothing more of it is let in.
    /// </summary>
    public async ValueTask RaiseAsync(long revision)
    {
        while (_isRaising)
            await _changed.WaitAsync();
        if (revision <= Revision)
            return;
        Begin(revision);
        Revision = revision;
        Raised?.Invoke();
        _isRaising = true;
        var before = _turn;
        _turn ^= 1;
        while (_active[before] > 0)
            await _changed.WaitAsync();
        _isRaising = false;
        _changed.Raise();
    }

    /// <summary>
    /// Completes once this node heeds all records that there are, as a new primary has to: those who changed them have not counted on it.
    /// </summary>
    internal async ValueTask CatchUpAsync(Func<bool> isOver)
    {
        var number = ++_asked;
        while (!isOver() && (_answered < number || Revision < _head))
        {
            if (_answered < number && !_isReading)
                await ReadHeadAsync();
            else
                await _reactor.DelayAsync(_isReading ? RetryNs / 100 : RetryNs / 10);
        }
    }

    /// <summary>An operation of another node's front-end begins.</summary>
    /// <returns>What <see cref="Leave"/> wants.</returns>
    internal int Enter()
    {
        _active[_turn]++;
        return _turn;
    }

    /// <summary>It has ended.</summary>
    internal void Leave(int turn)
    {
        if (--_active[turn] == 0 && turn != _turn)
            _changed.Raise();
    }

    // One look answers all who asked before it began.
    private async ValueTask ReadHeadAsync()
    {
        _isReading = true;
        var asked = _asked;
        var read = await _coordination.GetAsync(HeadKey);
        if (read.IsAvailable)
        {
            _head = read.Entries.Count == 0 ? 0 : read.Entries[0].ModifiedRevision;
            _answered = asked;
        }
        else
        {
            await _reactor.DelayAsync(RetryNs);
        }

        _isReading = false;
    }
}
