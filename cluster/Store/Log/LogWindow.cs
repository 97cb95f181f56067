using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// A stretch of the log ring on its way into memory: read in pieces, all at once. In front of it there is room for the
/// end of the stretch before it, so that a batch that lies across both is in one piece.
/// </summary>
internal sealed class LogWindow(Reactor reactor, IDisk disk, StoreGeometry geometry)
{
    /// <summary>Most that one window covers, in bytes; with the room in front the buffer is 4 MiB.</summary>
    public const int MaximumBytes = (4 << 20) - StoreFormat.MaximumBatchBytes;

    private const int PieceBytes = 512 << 10;

    private readonly ValueTask<IoResult>[] _reads = new ValueTask<IoResult>[(MaximumBytes + PieceBytes - 1) / PieceBytes];
    private readonly int[] _lengths = new int[(MaximumBytes + PieceBytes - 1) / PieceBytes];
    private PageBuffer? _buffer;
    private int _pieces;
    private int _front;
    private int _length;

    /// <summary>Where the stretch starts that was asked for, in bytes since the ring was first used.</summary>
    public long Start { get; private set; }

    /// <summary>Where the stretch ends; after <see cref="FinishAsync"/> what could be read of it.</summary>
    public long End => Start + _length;

    /// <summary>True from <see cref="Begin"/> to <see cref="FinishAsync"/>.</summary>
    public bool IsUnderWay => _pieces > 0;

    /// <summary>True when these bytes are in memory.</summary>
    public bool Covers(long position, int length) => !IsUnderWay && position >= Start - _front && position + length <= End;

    /// <summary>The bytes from a position that is covered to the end of the stretch.</summary>
    public ReadOnlySpan<byte> From(long position) =>
        _buffer!.Slice(PlaceOf(position), (int)(End - position)).Span;

    /// <summary>Starts to read a stretch, which ends at the end of the ring's lap at the latest.</summary>
    public void Begin(long position, int length)
    {
        Invariant.Check(!IsUnderWay && length <= MaximumBytes);
        var ring = position % geometry.LogBytes;
        Start = position;
        _front = 0;
        _length = (int)Math.Min(length, geometry.LogBytes - ring);
        _buffer ??= reactor.Buffers.Rent((int)Math.Min(MaximumBytes, geometry.LogBytes) + geometry.MaximumBatchBytes);
        for (var done = 0; done < _length; done += _lengths[_pieces++])
        {
            _lengths[_pieces] = Math.Min(PieceBytes, _length - done);
            var target = _buffer.Slice(geometry.MaximumBatchBytes + done, _lengths[_pieces]);
            _reads[_pieces] = disk.ReadAsync(geometry.LogStart + ring + done, target);
        }
    }

    /// <summary>Waits for the reads. What cannot be read, and what lies behind it, is not covered.</summary>
    /// <returns>The first failure.</returns>
    public async ValueTask<IoResult> FinishAsync()
    {
        IoResult result = default;
        var good = 0;
        for (var i = 0; i < _pieces; i++)
        {
            var io = await _reads[i];
            if (!result.IsOk)
                continue;
            if (io.IsOk)
                good += _lengths[i];
            else
                result = io;
        }

        if (IsUnderWay)
            _length = good;
        _pieces = 0;
        return result;
    }

    /// <summary>Puts what comes right before the stretch in front of it.</summary>
    public void Prepend(ReadOnlySpan<byte> bytes)
    {
        Invariant.Check(!IsUnderWay && bytes.Length <= geometry.MaximumBatchBytes);
        _front = bytes.Length;
        bytes.CopyTo(_buffer!.Slice(geometry.MaximumBatchBytes - _front, _front).Span);
    }

    /// <summary>Gives the buffer back.</summary>
    public async ValueTask CloseAsync()
    {
        await FinishAsync();
        _buffer?.Release();
        _buffer = null;
        _length = 0;
        _front = 0;
    }

    private int PlaceOf(long position) => geometry.MaximumBatchBytes + (int)(position - Start);
}
