using Uss.Runtime;

namespace Uss.Store;

/// <summary>Reads the log ring batch by batch along its chain.</summary>
internal sealed class LogReader
{
    private const int WindowBytes = 1 << 20;

    private readonly IDisk _disk;
    private readonly StoreGeometry _geometry;
    private readonly ulong _diskIdHalf;
    private readonly PageBuffer _window;
    private long _windowStart;
    private int _windowLength;

    /// <summary>Starts where a superblock says.</summary>
    public LogReader(Reactor reactor, IDisk disk, in Superblock superblock, ulong diskIdHalf)
    {
        _disk = disk;
        _geometry = superblock.Geometry;
        _diskIdHalf = diskIdHalf;
        _window = reactor.Buffers.Rent(WindowBytes);
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

    /// <summary>Gives the buffer back.</summary>
    public void Close() => _window.Release();

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

    private ReadOnlySpan<byte> Bytes(long position) => _window.Slice().Span[(int)(position - _windowStart).._windowLength];

    private async ValueTask<Fault?> FillAsync(long position, int length)
    {
        if (position >= _windowStart && position + length <= _windowStart + _windowLength)
            return null;
        var ring = position % _geometry.LogBytes;
        var ahead = (int)Math.Min(WindowBytes, _geometry.LogBytes - ring);
        length = Math.Min(length, ahead);
        var io = await _disk.ReadAsync(_geometry.LogStart + ring, _window.Slice(0, ahead));
        if (!io.IsOk && ahead > length)
        {
            // Only what is needed, in case the rest of the window is what cannot be read.
            ahead = length;
            io = await _disk.ReadAsync(_geometry.LogStart + ring, _window.Slice(0, ahead));
        }

        _windowStart = position;
        _windowLength = io.IsOk ? ahead : 0;
        return io.IsOk
            ? null
            : new Fault(
                "log-unreadable",
                $"The log of {_disk.Path} cannot be read at byte {_geometry.LogStart + ring}: {Errno.Describe(io.Error)}.",
                "Replace the disk and restore its data from the other copies.");
    }
}
