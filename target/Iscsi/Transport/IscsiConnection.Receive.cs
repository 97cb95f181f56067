using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Target.Iscsi;

// PDUs are parsed out of one receive buffer, as many as it holds. Data segments are copied to where they belong; the
// rest of a long one is received there directly.
internal sealed partial class IscsiConnection
{
    // Holds two login PDUs.
    private const int LoginBufferBytes = 16384;

    // Holds 32 commands with 4 KiB of immediate data each and then some.
    private const int FullBufferBytes = 262144;

    // A data segment with at least this much to come is received where it belongs: a copy costs less below.
    private const int DirectBytes = 32768;

    // Needed behind the parsed bytes: a header, its additional segments and its digest.
    private const int LargestHeader = BasicHeader.Size + BasicHeader.MaximumAdditionalHeader + BasicHeader.DigestSize;

    private PageBuffer _buffer;
    private int _start;
    private int _end;
    private ReceiveState _state;
    private BufferSlice _sink;
    private int _sinkFilled;
    private int _segmentRemaining;
    private int _trailerLength;
    private uint _segmentDigest;
    private bool _hasHeaderDigest;
    private bool _hasDataDigest;
    private bool _wasDirect;

    private enum ReceiveState
    {
        /// <summary>A header is next.</summary>
        Header,

        /// <summary>A data segment is under way.</summary>
        Data,

        /// <summary>Padding and data digest are next.</summary>
        Trailer,
    }

    private int Available => _end - _start;

    /// <summary>
    /// Where the data segment of the PDU that has just begun goes; what is longer than the slice is thrown away. Takes a
    /// reference to the buffer until the PDU is complete.
    /// </summary>
    public void SetSink(BufferSlice sink)
    {
        if (sink.Length == 0)
            return;
        sink.Buffer.AddReference();
        _sink = sink;
        _sinkFilled = 0;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask ReceiveLoopAsync()
    {
        while (true)
        {
            if (_isDiscarding)
                _start = _end = 0;
            else if (Session is null)
                await ParseLoginAsync();
            else
                ParsePdus();
            if (_isAborted)
                return;
            if (IsOutputBacklogged)
            {
                await WaitForOutputAsync();
                continue;
            }

            var direct = !_isDiscarding && _state == ReceiveState.Data && Available == 0
                ? Math.Min(_sink.Length - _sinkFilled, _segmentRemaining)
                : 0;
            if (direct >= DirectBytes)
            {
                var received = await _transport.ReceiveExactlyAsync(_sink.Slice(_sinkFilled, direct));
                if (!TakeDirect(received, direct))
                    return;
                continue;
            }

            var result = await _transport.ReceiveAsync(FreeSpace());
            if (!result.IsOk || result.Bytes == 0)
            {
                if (!result.IsOk)
                    Drop("receiving failed: " + result);
                return;
            }

            _end += result.Bytes;
        }
    }

    private bool TakeDirect(IoResult received, int expected)
    {
        if (!received.IsOk || received.Bytes < expected)
        {
            if (!received.IsOk)
                Drop("receiving failed: " + received);
            return false;
        }

        if (_hasDataDigest)
            _segmentDigest = Crc32C.Append(_segmentDigest, _sink.Slice(_sinkFilled, expected).Span);
        _sinkFilled += expected;
        _segmentRemaining -= expected;
        _wasDirect = true;
        return true;
    }

    private BufferSlice FreeSpace()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_start > 0)
        {
            // Less than one header is ever left over, so that this move is short.
            _buffer.Slice(_start, Available).Span.CopyTo(_buffer.Slice(0, Available).Span);
            _end -= _start;
            _start = 0;
        }

        // After a long segment probably comes another: only its header is received here, so that it needs no copy.
        var space = _buffer.Capacity - _end;
        if (_wasDirect)
            space = Math.Min(space, _trailerLength + BasicHeader.Size + (_hasHeaderDigest ? BasicHeader.DigestSize : 0));
        _wasDirect = false;
        return _buffer.Slice(_end, space);
    }

    private void ParsePdus()
    {
        while (!_isDiscarding && !IsOutputBacklogged && Step())
        {
        }
    }

    private bool Step()
    {
        switch (_state)
        {
            case ReceiveState.Header:
                return StepHeader();
            case ReceiveState.Data:
                StepData();
                return _state == ReceiveState.Trailer;
            default:
                return StepTrailer();
        }
    }

    private bool StepHeader()
    {
        if (Available < BasicHeader.Size)
            return false;
        var header = _buffer.Slice(_start, BasicHeader.Size).Span;
        var additional = BasicHeader.AdditionalHeaderLength(header);
        var total = BasicHeader.Size + additional + (_hasHeaderDigest ? BasicHeader.DigestSize : 0);
        if (Available < total)
            return false;
        var whole = _buffer.Slice(_start, BasicHeader.Size + additional).Span;
        if (_hasHeaderDigest && !IsDigest(Crc32C.Compute(whole), _buffer.Slice(_start + whole.Length, BasicHeader.DigestSize).Span))
        {
            // Nothing in the header can be believed, its length least of all (RFC 7143, 7.8).
            Drop("a header digest is wrong");
            return false;
        }

        var length = BasicHeader.DataSegmentLength(header);
        if (length > _target.Options.MaxRecvDataSegmentLength)
        {
            Drop("a data segment is longer than declared");
            return false;
        }

        _start += total;
        _segmentRemaining = length;
        _segmentDigest = 0;
        _trailerLength = length == 0 ? 0 : BasicHeader.PaddingOf(length) + (_hasDataDigest ? BasicHeader.DigestSize : 0);
        _state = length == 0 ? ReceiveState.Header : ReceiveState.Data;
        var session = Session!;
        session.Begin(header, whole[BasicHeader.Size..]);
        if (length == 0)
            EndPdu(session, isIntact: true);
        return true;
    }

    private void StepData()
    {
        var taken = Math.Min(Available, _segmentRemaining);
        var bytes = _buffer.Slice(_start, taken).Span;
        if (_hasDataDigest)
            _segmentDigest = Crc32C.Append(_segmentDigest, bytes);
        var copied = Math.Min(taken, _sink.Length - _sinkFilled);
        if (copied > 0)
        {
            bytes[..copied].CopyTo(_sink.Slice(_sinkFilled, copied).Span);
            _sinkFilled += copied;
        }

        _start += taken;
        _segmentRemaining -= taken;
        if (_segmentRemaining == 0)
            _state = ReceiveState.Trailer;
    }

    private bool StepTrailer()
    {
        if (Available < _trailerLength)
            return false;
        var isIntact = true;
        if (_hasDataDigest)
        {
            var padding = _trailerLength - BasicHeader.DigestSize;
            var digest = Crc32C.Append(_segmentDigest, _buffer.Slice(_start, padding).Span);
            isIntact = IsDigest(digest, _buffer.Slice(_start + padding, BasicHeader.DigestSize).Span);
        }

        _start += _trailerLength;
        _state = ReceiveState.Header;
        EndPdu(Session!, isIntact);
        return true;
    }

    private void EndPdu(IscsiSession session, bool isIntact)
    {
        _lastPduNs = _reactor.MonotonicNs;
        ReleaseSink();
        session.End(isIntact);
    }

    private void ReleaseSink()
    {
        if (_sink.Length > 0)
            _sink.Buffer.Release();
        _sink = default;
        _sinkFilled = 0;
    }

    private static bool IsDigest(uint digest, ReadOnlySpan<byte> received) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(received) == digest;
}
