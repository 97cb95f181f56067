namespace Uss.Runtime.Simulated;

/// <summary>
/// One direction of a connection: the bytes that the sender's kernel took, cut into segments that arrive in order, each
/// at its time. It outlives the sender, as a kernel outlives a process.
/// </summary>
internal sealed class SimulatedPipe(
    SimulatedWorld world, SimulatedNetwork network, SimulatedConnection source, SimulatedConnection target, int windowBytes)
{
    private const long FirstRetryNs = 200_000_000;

    private readonly byte[] _ring = new byte[windowBytes];
    private readonly Queue<Segment> _segments = [];
    private long _written;
    private long _delivered;
    private long _consumed;
    private long _lastArrivalNs;
    private long _stalledSinceNs = -1;
    private long _retryNs;
    private bool _isScheduled;

    private enum SegmentKind
    {
        Data,
        End,
        Reset,
    }

    /// <summary>Bytes that the receiver can take now.</summary>
    public int AvailableBytes => (int)(_delivered - _consumed);

    /// <summary>Bytes that the sender can still hand over.</summary>
    public int FreeBytes => _ring.Length - (int)(_written - _consumed);

    /// <summary>Takes bytes from the sender; they fit.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        var at = (int)(_written % _ring.Length);
        var first = Math.Min(bytes.Length, _ring.Length - at);
        bytes[..first].CopyTo(_ring.AsSpan(at));
        bytes[first..].CopyTo(_ring);
        _written += bytes.Length;
    }

    /// <summary>Sends what was written as one segment of <paramref name="length"/> bytes.</summary>
    public void SendSegment(int length) => Enqueue(new Segment(SegmentKind.Data, length, ArrivalNs(length)));

    /// <summary>Sends the end of the stream.</summary>
    public void SendEnd() => Enqueue(new Segment(SegmentKind.End, 0, ArrivalNs(0)));

    /// <summary>Sends a reset; segments under way may be overtaken by it.</summary>
    public void SendReset()
    {
        if (network.Random.Chance(0.5))
            _segments.Clear();
        Enqueue(new Segment(SegmentKind.Reset, 0, ArrivalNs(0)));
    }

    /// <summary>Nothing more arrives: the sender's machine lost power.</summary>
    public void Silence() => _segments.Clear();

    /// <summary>Gives the receiver bytes that arrived.</summary>
    public void Read(Span<byte> destination)
    {
        Invariant.Check(destination.Length <= AvailableBytes);
        var at = (int)(_consumed % _ring.Length);
        var first = Math.Min(destination.Length, _ring.Length - at);
        _ring.AsSpan(at, first).CopyTo(destination);
        _ring.AsSpan(0, destination.Length - first).CopyTo(destination[first..]);
        _consumed += destination.Length;
        world.Fold(destination.Length, _consumed);
        world.Add(
            network.DelayNs(target.Reactor.Host, source.Reactor.Host),
            EventKind.Network,
            null,
            static state => ((SimulatedConnection)state!).KickSend(),
            source);
    }

    private long ArrivalNs(int length)
    {
        var link = network.Link(source.Reactor.Host, target.Reactor.Host);
        var arrivalNs = Math.Max(world.NowNs + network.DelayNs(source.Reactor.Host, target.Reactor.Host), _lastArrivalNs);
        if (link.BytesPerSecond > 0)
            arrivalNs += (long)(length * 1e9 / link.BytesPerSecond);
        return _lastArrivalNs = arrivalNs;
    }

    private void Enqueue(Segment segment)
    {
        _segments.Enqueue(segment);
        ScheduleNext(0);
    }

    private void ScheduleNext(long atLeastNs)
    {
        if (_isScheduled || !_segments.TryPeek(out var next))
            return;
        _isScheduled = true;
        world.Add(
            Math.Max(next.ArrivalNs - world.NowNs, atLeastNs),
            EventKind.Network,
            null,
            static state => ((SimulatedPipe)state!).Arrive(),
            this);
    }

    private void Arrive()
    {
        _isScheduled = false;
        if (!_segments.TryPeek(out var segment))
            return;
        var link = network.Link(source.Reactor.Host, target.Reactor.Host);
        if (link.IsBlocked || !target.Reactor.Host.IsPowered)
        {
            Stall(segment);
            return;
        }

        _stalledSinceNs = -1;
        _segments.Dequeue();
        ScheduleNext(0);
        if (target.IsGone)
        {
            // A kernel that knows nothing of the connection answers with a reset.
            if (segment.Kind != SegmentKind.Reset)
                network.FailLater(source);
            return;
        }

        switch (segment.Kind)
        {
            case SegmentKind.Data:
                _delivered += segment.Length;
                target.KickReceive();
                if (network.Random.Chance(link.ResetProbability))
                    network.ResetBoth(target);
                break;
            case SegmentKind.End:
                target.OnPeerEnd();
                break;
            default:
                target.Fail(Errno.ConnectionReset);
                break;
        }
    }

    private void Stall(Segment segment)
    {
        if (segment.Kind == SegmentKind.Reset)
        {
            // Resets are sent once.
            _segments.Dequeue();
            ScheduleNext(0);
            return;
        }

        if (_stalledSinceNs < 0)
        {
            world.Count(FaultKind.LinkBlocked);
            _stalledSinceNs = world.NowNs;
            _retryNs = FirstRetryNs;
        }

        if (world.NowNs - _stalledSinceNs > network.TimeoutNs)
        {
            world.Count(FaultKind.ConnectionTimeout);
            _segments.Clear();
            source.Fail(Errno.TimedOut);
            return;
        }

        ScheduleNext(_retryNs);
        _retryNs = Math.Min(_retryNs * 2, 2_000_000_000);
    }

    private readonly record struct Segment(SegmentKind Kind, int Length, long ArrivalNs);
}
