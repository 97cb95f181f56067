using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>Reads the commits behind a checkpoint, as long as each can only have been written behind the one before it.</summary>
internal sealed class LogReader : IDisposable
{
    private readonly IMetadataSpace _space;
    private readonly LogRing _ring;
    private readonly ulong _fileSystem;
    private readonly PageBuffer _buffer;
    private readonly int _maximumCommitBytes;
    private long _bufferPosition;
    private int _bufferBytes;
    private int _commitOffset;
    private int _payloadBytes;

    /// <summary>Starts at a point.</summary>
    public LogReader(Reactor reactor, IMetadataSpace space, LogRing ring, ulong fileSystem, LogPoint start)
    {
        _space = space;
        _ring = ring;
        _fileSystem = fileSystem;
        _maximumCommitBytes = MetadataLayout.MaximumCommitBytesOf(ring.LogBytes);
        _buffer = reactor.Buffers.Rent(_maximumCommitBytes);
        Start = Next = start;
    }

    /// <summary>Where the present commit begins.</summary>
    public LogPoint Start { get; private set; }

    /// <summary>What comes behind the present commit; behind the last one, where the log goes on.</summary>
    public LogPoint Next { get; private set; }

    /// <summary>Records in the present commit.</summary>
    public int Records { get; private set; }

    /// <summary>The records of the present commit.</summary>
    public ReadOnlySpan<byte> Payload => _buffer.Slice(_commitOffset + CommitHeader.Size, _payloadBytes).Span;

    /// <summary>True when the last <see cref="ReadAsync"/> found a commit.</summary>
    public bool HasCommit { get; private set; }

    /// <summary>Goes to the next commit, or finds that there is none.</summary>
    /// <returns>Anything but Ok when the log cannot be read.</returns>
    public async ValueTask<RecordStatus> ReadAsync()
    {
        HasCommit = false;
        if (TryTake(Next.Position))
            return RecordStatus.Ok;
        var edge = Next.Position + _ring.BlocksToEdge(Next.Position);
        var status = await FillAsync(Next.Position);
        if (status != RecordStatus.Ok || TryTake(Next.Position))
            return status;

        // One that does not fit in front of an edge lies behind it.
        if ((edge - Next.Position) * MetadataLayout.BlockBytes >= _maximumCommitBytes)
            return RecordStatus.Ok;
        status = await FillAsync(edge);
        if (status == RecordStatus.Ok)
            TryTake(edge);
        return status;
    }

    /// <summary>
    /// Looks for a commit that cannot be there after a crash: one starts only when all but the one before it are durable, so a whole one
    /// further behind the end of the log means that the end is not the end.
    /// </summary>
    /// <returns>Its number, 0 when there is none; anything but Ok when the log cannot be read.</returns>
    public async ValueTask<(ulong Sequence, RecordStatus Status)> FindLaterAsync()
    {
        var end = Next.Position + Math.Min(_ring.Blocks, 5L * _maximumCommitBytes / MetadataLayout.BlockBytes);
        for (var position = Next.Position; position < end;)
        {
            var status = await FillAsync(position);
            if (status != RecordStatus.Ok)
                return (0, status);
            var blocks = _bufferBytes / MetadataLayout.BlockBytes;
            var candidate = 0;
            while (candidate < blocks && !IsLater(candidate * MetadataLayout.BlockBytes, out _))
                candidate++;
            if (candidate == blocks)
            {
                position += blocks;
                continue;
            }

            // All of it is behind its start, and perhaps not in the buffer.
            position += candidate;
            status = await FillAsync(position);
            if (status != RecordStatus.Ok)
                return (0, status);
            if (IsLater(0, out var header) && CommitHeader.TryParse(_buffer.Slice(0, _bufferBytes).Span, out _))
                return (header.Sequence, RecordStatus.Ok);
            position++;
        }

        return (0, RecordStatus.Ok);
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Release();

    private async ValueTask<RecordStatus> FillAsync(long position)
    {
        _bufferPosition = position;
        _bufferBytes = (int)Math.Min(_maximumCommitBytes, (long)_ring.BlocksToEdge(position) * MetadataLayout.BlockBytes);
        return await _space.ReadAsync(_ring.OffsetOf(position), _buffer.Slice(0, _bufferBytes));
    }

    private bool IsLater(int offset, out CommitHeader header)
    {
        header = MemoryMarshal.Read<CommitHeader>(_buffer.Slice(offset, CommitHeader.Size).Span);
        return header.Magic == CommitHeader.ExpectedMagic
            && header.FileSystem == _fileSystem
            && header.Sequence > Next.NextSequence + 1
            && header.Sequence < Next.NextSequence + (ulong)_ring.Blocks;
    }

    private bool TryTake(long position)
    {
        var offset = (position - _bufferPosition) * MetadataLayout.BlockBytes;
        if (offset < 0 || offset >= _bufferBytes)
            return false;
        if (!CommitHeader.TryParse(_buffer.Slice((int)offset, _bufferBytes - (int)offset).Span, out var header)
            || header.FileSystem != _fileSystem
            || !header.Follows(Next.NextSequence, Next.Life, Next.Checksum))
        {
            return false;
        }

        _commitOffset = (int)offset;
        _payloadBytes = header.PayloadBytes;
        Records = header.Records;
        Start = Next;
        Next = new LogPoint(position + header.Blocks, header.Sequence + 1, header.Life, header.Checksum);
        HasCommit = true;
        return true;
    }
}
