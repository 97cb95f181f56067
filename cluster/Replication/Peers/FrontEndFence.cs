using System.Globalization;
using System.Text;
using Uss.Coordination;
using Uss.Runtime;

namespace Uss.Replication;

/// <summary>
/// How far the front-end of this node has followed the records that shut clients out (persistent reservations), and what follows from
/// it: other nodes' front-ends that have not come as far get nothing done at this node's primaries, and no leases from here.
/// </summary>
/// <remarks>
/// The changes of such records are counted: whoever makes one puts the next number under <see cref="HeadKey"/> in the same commit. It is
/// in force everywhere once each node has raised its fence to that number, or is primary of nothing: see docs/replication.md.
/// </remarks>
public sealed class FrontEndFence
{
    /// <summary>
    /// Holds the number of the newest change. It lies among the records, so that a watch tells of it not before the record.
    /// </summary>
    public const string HeadKey = "reservations/fence";

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
    public long Number { get; private set; }

    /// <summary>What this node's front-end has begun to heed: operations that it began before may still be under way.</summary>
    public long BegunNumber { get; private set; }

    /// <summary>Told when <see cref="Number"/> has risen.</summary>
    internal Action? Raised { get; set; }

    /// <summary>Before the front-end serves anybody: it begins with what the records say now.</summary>
    /// <returns>False when the store does not answer.</returns>
    public async ValueTask<bool> StartAsync()
    {
        var read = await _coordination.GetAsync(HeadKey);
        if (read.IsAvailable && read.Entries.Count > 0)
            BegunNumber = Number = Math.Max(Number, Parse(read.Entries[0].Value));
        return read.IsAvailable;
    }

    /// <summary>The number that a value of <see cref="HeadKey"/> holds.</summary>
    public static long Parse(ReadOnlyMemory<byte> value) =>
        long.TryParse(Encoding.UTF8.GetString(value.Span), CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>A number as a value of <see cref="HeadKey"/>.</summary>
    public static ReadOnlyMemory<byte> Format(long number) => Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>The front-end goes by newer records from now on.</summary>
    public void Begin(long number) => BegunNumber = Math.Max(BegunNumber, number);

    /// <summary>
    /// What the front-end began under older records has come to its end. Completes once that is true, too, of what other front-ends
    /// under older records have under way at this node's primaries, and nothing more of it is let in.
    /// </summary>
    public async ValueTask RaiseAsync(long number)
    {
        while (_isRaising)
            await _changed.WaitAsync();
        if (number <= Number)
            return;
        Begin(number);
        Number = number;
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
        var ticket = ++_asked;
        while (!isOver() && (_answered < ticket || Number < _head))
        {
            if (_answered < ticket && !_isReading)
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
            _head = read.Entries.Count == 0 ? 0 : Parse(read.Entries[0].Value);
            _answered = asked;
        }
        else
        {
            await _reactor.DelayAsync(RetryNs);
        }

        _isReading = false;
    }
}
