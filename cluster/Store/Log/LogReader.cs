using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// Reads the log ring batch by batch along its chain. One window of the ring is looked at while the next one is read,
/// and windows grow as the log goes on, so that a short log costs little and a long one keeps the device busy.
/// </summary>
internal sealed class LogReader
{
    private const int FirstWindowBytes = 256 << 10;

    private readonly IDisk _disk;
    private readonly StoreGeometry _geometry;
    private readonly ulong _diskIdHalf;
    private LogWindow _window;
    private LogWindow _ahead;
    private int _windowBytes = FirstWindowBytes;

    /// <summary>Starts where a superblock says.</summary>
    public LogReader(Reactor reactor, IDisk disk, in Superblock superblock, ulong diskIdHalf)
    {
        _disk = disk;
        _geometry = superblock.Geometry;
        _diskIdHalf = diskIdHalf;
        _window = new LogWindow(reactor, disk, _geometry);
        _ahead = new LogWindow(reactor, disk, _geometry);
        Lsn = superblock.ReplayLsn;
        Position = superblock.ReplayPosition;
        HeaderChecksum = superblock.PreviousHeaderChecksum;
    }

    /// <summary>The last batch read.</summary>
    public ulong Lsn { get; private set; }

    /// <summary>Where the one after it goes, in bytes since the ring was first used.</summary>
    public long Position { get; private set; }

    /// <summary>Checksum of the last batch's header.</summary>
    public uint HeaderChecksum { get; private set; }

    /// <summary>Header of the last batch read.</summary>
    public LogBatchHeader Header { get; private set; }

    /// <summary>Records of the last batch read, as bytes. Valid until the next read.</summary>
    public ReadOnlySpan<byte> Payload => Bytes(Position - Header.LengthBytes).Slice(LogBatchHeader.Bytes, Header.PayloadBytes);

    /// <summary>Where in the ring the last batch starts, as an offset on the disk in bytes.</summary>
    public long HeaderOffset => _geometry.LogStart + ((Position - Header.LengthBytes) % _geometry.LogBytes);

    /// <summary>Reads the next batch of the chain.</summary>
    /// <returns>True when there is one; false at the end of the log; a fault when the ring cannot be read.</returns>
    public async ValueTask<Result<bool>> ReadNextAsync()
    {
        var found = await TryReadAtAsync(Position);
        if (!found.IsOk || found.Value)
            return found;

        // A batch that does not fit before the end of the ring starts at its beginning.
        var left = _geometry.LogBytes - (Position % _geometry.LogBytes);
        return left < _geometry.MaximumBatchBytes ? await TryReadAtAsync(Position + left) : found;
    }

    /// <summary>
    /// Looks behind the end of the log for a batch that says that the missing one had become durable: then the log is
    /// damaged and not just at its end.
    /// </summary>
    /// <returns>Number of the batch that gives it away; 0 when the end is a true end.</returns>
    public async ValueTask<ulong> FindBeyondEndAsync()
    {
        var span = Math.Min(2L * _geometry.MaximumBatchBytes, _geometry.LogBytes);
        for (long distance = StoreFormat.PageBytes; distance < span; distance += StoreFormat.PageBytes)
        {
            var position = Position + distance;
            if (await FillAsync(position, StoreFormat.PageBytes) is not null)
                continue;
            if (LogBatchHeader.TryRead(Bytes(position), _geometry.MaximumBatchBytes, out var header)
                && header.DiskIdHalf == _diskIdHalf
                && header.Lsn > Lsn
                && header.Barrier > Lsn)
                return header.Lsn;
        }

        return 0;
    }

    /// <summary>Gives the buffers back.</summary>
    public async ValueTask CloseAsync()
    {
        await _window.CloseAsync();
        await _ahead.CloseAsync();
    }

    private async ValueTask<Result<bool>> TryReadAtAsync(long position)
    {
        if (await FillAsync(position, StoreFormat.PageBytes) is { } fault)
            return fault;
        if (!LogBatchHeader.TryRead(Bytes(position), _geometry.MaximumBatchBytes, out var header)
            || header.DiskIdHalf != _diskIdHalf
            || header.Lsn != Lsn + 1
            || header.PreviousHeaderChecksum != HeaderChecksum
            || header.LengthBytes > _geometry.LogBytes - (position % _geometry.LogBytes))
            return false;
        if (await FillAsync(position, header.LengthBytes) is { } second)
            return second;
        if (Crc32C.Compute(Bytes(position).Slice(LogBatchHeader.Bytes, header.PayloadBytes)) != header.PayloadChecksum)
            return false;
        Header = header;
        HeaderChecksum = header.HeaderChecksum;
        Lsn = header.Lsn;
        Position = position + header.LengthBytes;
        return true;
    }

    private ReadOnlySpan<byte> Bytes(long position) => _window.From(position);

    private async ValueTask<Fault?> FillAsync(long position, int length)
    {
        if (_window.Covers(position, length))
            return null;
        if (_ahead.IsUnderWay && await TryMoveOnAsync(position, length))
            return null;

        // Not what was expected to come next, or the first window, or one that cannot be read as a whole.
        await _ahead.FinishAsync();
        var isNext = _window.End > _window.Start && position >= _window.Start && position <= _window.End;
        _windowBytes = isNext ? Math.Min(_windowBytes * 2, LogWindow.MaximumBytes) : FirstWindowBytes;
        _window.Begin(position, Math.Max(_windowBytes, length));
        var io = await _window.FinishAsync();
        if (!_window.Covers(position, length))
        {
            // Only what is needed, in case the rest of its piece is what cannot be read.
            _window.Begin(position, length);
            io = await _window.FinishAsync();
        }

        if (_window.Covers(position, length))
        {
            if (isNext)
                _ahead.Begin(_window.End, _windowBytes);
            return null;
        }

        var place = _geometry.LogStart + (position % _geometry.LogBytes);
        return new Fault(
            "log-unreadable",
            $"The log of {_disk.Path} cannot be read at byte {place}: {Errno.Describe(io.Error)}.",
            "Replace the disk and restore its data from the other copies.");
    }

    // Goes on in the window that was read ahead, with the end of the present one in front of it.
    private async ValueTask<bool> TryMoveOnAsync(long position, int length)
    {
        await _ahead.FinishAsync();
        var isAcross = position < _ahead.Start && _window.Covers(position, (int)(_ahead.Start - position));
        if (position < _ahead.Start && !isAcross)
            return false;
        if (isAcross)
            _ahead.Prepend(_window.From(position));
        if (!_ahead.Covers(position, length))
            return false;
        (_window, _ahead) = (_ahead, _window);
        _windowBytes = Math.Min(_windowBytes * 2, LogWindow.MaximumBytes);
        _ahead.Begin(_window.End, _windowBytes);
        return true;
    }
}
