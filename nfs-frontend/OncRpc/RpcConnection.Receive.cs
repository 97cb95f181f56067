using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.NfsFrontend.OncRpc;

// Each record gets a buffer of its own, placed so that its data comes to lie on a page boundary. Of a long one, what has not come yet is
// received there directly.
internal sealed partial class RpcConnection
{
    private const int BufferBytes = 131_072;

    // So much of a record is awaited before its buffer is chosen: a header and the longest arguments before data.
    private const int HeadBytes = 1024;

    // A fragment with at least this much to come is received where it belongs: a copy costs less below.
    private const int DirectBytes = 32_768;

    private readonly PageBuffer _buffer;
    private int _start;
    private int _end;
    private long _heardNs;

    // The record under way, from its first fragment on.
    private PageBuffer? _record;
    private int _recordOffset;
    private int _recordLength;
    private int _fragmentRemaining;
    private bool _isLastFragment;

    private int Available => _end - _start;

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask ReceiveLoopAsync()
    {
        while (!_isAborted)
        {
            while (!_isAborted && !IsFull && Step())
            {
            }

            if (_isAborted)
                return;
            if (IsFull)
            {
                await WaitAsync();
                continue;
            }

            var isDirect = _record is not null && Available == 0 && _fragmentRemaining >= DirectBytes;
            var received = isDirect
                ? await _transport.ReceiveExactlyAsync(_record!.Slice(_recordOffset + _recordLength, _fragmentRemaining))
                : await _transport.ReceiveAsync(FreeSpace());
            if (!received.IsOk)
                Drop("receiving failed: " + received);
            if (!received.IsOk || received.Bytes == 0 || (isDirect && received.Bytes < _fragmentRemaining))
                return;
            _heardNs = Reactor.MonotonicNs;
            if (isDirect)
                Advance(received.Bytes);
            else
                _end += received.Bytes;
        }
    }

    private BufferSlice FreeSpace()
    {
        // Less than the head of one record is ever left over, so that this move is short.
        if (_start > 0)
            _buffer.Slice(_start, Available).Span.CopyTo(_buffer.Slice(0, Available).Span);
        (_start, _end) = (0, Available);
        return _buffer.Slice(_end, _buffer.Capacity - _end);
    }

    // False when more has to come first.
    private bool Step()
    {
        if (_fragmentRemaining == 0)
            return TryBeginFragment();
        var taken = Math.Min(Available, _fragmentRemaining);
        if (taken == 0)
            return false;
        _buffer.Slice(_start, taken).Span.CopyTo(_record!.Slice(_recordOffset + _recordLength, taken).Span);
        _start += taken;
        Advance(taken);
        return true;
    }

    private bool TryBeginFragment()
    {
        if (Available < RecordMark.Size)
            return false;
        var mark = RecordMark.Read(_buffer.Slice(_start, RecordMark.Size).Span);
        if (mark.Length > _server.Options.MaxRecordBytes - _recordLength)
        {
            Drop("a record is longer than anything that is served here", isMisuse: true);
            return false;
        }

        if (mark.Length == 0 && !(mark.IsLast && _record is not null))
        {
            Drop("an empty fragment came", isMisuse: true);
            return false;
        }

        var head = Math.Min(mark.Length, HeadBytes);
        if (_record is null && Available < RecordMark.Size + head)
            return false;
        _start += RecordMark.Size;
        if (_record is null)
            BeginRecord(mark, head);
        else
            Grow(mark.Length);
        (_fragmentRemaining, _isLastFragment) = (mark.Length, mark.IsLast);
        if (mark.Length == 0)
            Advance(0);
        return true;
    }

    private void BeginRecord(RecordMark mark, int headBytes)
    {
        const int page = BufferPool.MinimumBytes;
        var head = _buffer.Slice(_start, headBytes).Span;
        var data = RpcCall.TryParse(head, out var call) && _server.Programs.Find(call.Program) is { } program ? program.DataOffset(call, head) : 0;
        _recordOffset = -data & (page - 1);
        _record = Reactor.Buffers.Rent(_recordOffset + mark.Length);
    }

    // Hardly anybody sends more than one fragment: then what there is moves to where there is room for more.
    private void Grow(int bytes)
    {
        var needed = _recordOffset + _recordLength + bytes;
        if (needed <= _record!.Capacity)
            return;
        var larger = Reactor.Buffers.Rent(needed);
        _record.Slice(_recordOffset, _recordLength).Span.CopyTo(larger.Slice(_recordOffset, _recordLength).Span);
        _record.Release();
        _record = larger;
    }

    private void Advance(int bytes)
    {
        _recordLength += bytes;
        _fragmentRemaining -= bytes;
        if (_fragmentRemaining > 0 || !_isLastFragment)
            return;
        var (record, length) = (_record!, _recordLength);
        (_record, _recordLength) = (null, 0);
        Dispatch(record, _recordOffset, length);
    }
}
