using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Replication.Rpc;

// Frames are parsed out of one receive buffer, as many as it holds. Payloads are copied to where they belong; the rest
// of a long one is received there directly.
public sealed partial class RpcConnection
{
    // Holds the largest frame without its payload, and some 60 frames of 4 KiB.
    private const int BufferBytes = 256 << 10;

    // A payload with at least this much to come is received where it belongs: a copy costs less below.
    private const int DirectBytes = 32768;

    private readonly PageBuffer _buffer;
    private int _start;
    private int _end;
    private ReceiveState _state;
    private RpcHeader _header;
    private RpcCall? _receivingCall;
    private RpcRequest? _receivingRequest;
    private int _answeredSlot;
    private BufferSlice _sink;
    private int _sinkFilled;
    private int _payloadRemaining;
    private bool _isDirect;
    private bool _wasDirect;

    private enum ReceiveState
    {
        /// <summary>A header is next.</summary>
        Header,

        /// <summary>Block checksums and details are next.</summary>
        Body,

        /// <summary>A payload is under way.</summary>
        Payload,
    }

    private int Available => _end - _start;

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask ReceiveLoopAsync()
    {
        while (true)
        {
            while (!_isAborted && Step())
            {
            }

            if (_isAborted)
                return;
            var isDirect = _state == ReceiveState.Payload && _sink.Length > 0 && _payloadRemaining >= DirectBytes;
            IoResult result;
            if (isDirect)
            {
                _isDirect = true;
                result = await _transport.ReceiveExactlyAsync(_sink.Slice(_sinkFilled, _payloadRemaining));
                _isDirect = false;
            }
            else
            {
                result = await _transport.ReceiveAsync(FreeSpace());
            }

            if (!result.IsOk)
            {
                Abort("receiving failed: " + result);
                return;
            }

            if (isDirect)
            {
                if (result.Bytes < _payloadRemaining)
                    return;
                _payloadRemaining = 0;
                _wasDirect = true;
            }
            else if (result.Bytes == 0)
            {
                return;
            }
            else
            {
                _end += result.Bytes;
            }
        }
    }

    private BufferSlice FreeSpace()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_start > 0)
        {
            // What is left over is less than a header, or a part of one body.
            _buffer.Slice(_start, Available).Span.CopyTo(_buffer.Slice(0, Available).Span);
            _end -= _start;
            _start = 0;
        }

        // After a long payload probably comes another: only what is before it is received here, so that it needs no copy.
        var space = _buffer.Capacity - _end;
        if (_wasDirect && _end == 0)
            space = RpcHeader.Size + _header.BodyBytes;
        _wasDirect = false;
        return _buffer.Slice(_end, space);
    }

    // Takes one step through the frame; false when more bytes are needed, or the connection was aborted.
    private bool Step() => _state switch
    {
        ReceiveState.Header => StepHeader(),
        ReceiveState.Body => StepBody(),
        _ => StepPayload(),
    };

    private bool StepHeader()
    {
        if (Available < RpcHeader.Size)
            return false;
        if (RpcHeader.Parse(_buffer.Slice(_start, RpcHeader.Size).Span, out _header) is { } complaint)
        {
            Abort(complaint);
            return false;
        }

        _start += RpcHeader.Size;
        _state = ReceiveState.Body;
        return true;
    }

    private bool StepBody()
    {
        if (Available < _header.BodyBytes)
            return false;
        var body = _buffer.Slice(_start, _header.BodyBytes).Span;
        if (Crc32C.Compute(body) != _header.BodyChecksum)
        {
            Abort("the checksum of a frame's details is wrong");
            return false;
        }

        _start += body.Length;
        _sink = default;
        _sinkFilled = 0;
        _payloadRemaining = _header.PayloadBytes;
        _state = ReceiveState.Payload;
        return _header.Kind == RpcKind.Request ? BeginRequest(body) : BeginAnswer(body);
    }

    private bool StepPayload()
    {
        var taken = Math.Min(Available, _payloadRemaining);
        if (_sink.Length > 0 && taken > 0)
        {
            _buffer.Slice(_start, taken).Span.CopyTo(_sink.Slice(_sinkFilled, taken).Span);
            _sinkFilled += taken;
        }

        _start += taken;
        _payloadRemaining -= taken;
        if (_payloadRemaining > 0)
            return false;
        EndFrame();
        return true;
    }

    private bool BeginAnswer(ReadOnlySpan<byte> body)
    {
        if (!_slots.TryFind(_header.Id, out _answeredSlot, out var call, out var targetBytes)
            || call is { State: not RpcCall.CallState.Sent })
        {
            Abort("an answer came that nobody waits for");
            return false;
        }

        if (_header.PayloadBytes > targetBytes)
        {
            Abort("an answer is longer than its target");
            return false;
        }

        _receivingCall = call;
        if (call is null)
            return true;
        call.Answer = _header.Arguments;
        call.AnswerPayloadBytes = _header.PayloadBytes;
        call.SetAnswerBody(body, _header.Blocks);
        if (_header.PayloadBytes > 0)
            _sink = call.Target.Slice(0, _header.PayloadBytes);
        return true;
    }

    // The call ended meanwhile: the rest of its answer is thrown away.
    private void ForgetSink()
    {
        _receivingCall = null;
        _sink = default;
    }

    private void EndFrame()
    {
        _state = ReceiveState.Header;
        var sink = _sink;
        _sink = default;
        if (_receivingRequest is { } request)
        {
            if (!Verify(sink, request.Checksums.Span))
                return;
            _receivingRequest = null;
            EndRequest(request);
            return;
        }

        var call = _receivingCall;
        if (call is not null && !Verify(sink, call.AnswerChecksums.Span))
            return;
        _receivingCall = null;
        _slots.Free(_answeredSlot);
        AdmitWaiting();
        if (call is null)
            return;
        _watch.Remove(call);
        call.Complete(_header.Status);
    }

    // What is thrown away is not verified: nobody uses it.
    private bool Verify(BufferSlice data, ReadOnlySpan<uint> checksums)
    {
        for (var i = 0; i * RpcLimits.BlockBytes < data.Length; i++)
        {
            var block = data.Span.Slice(i * RpcLimits.BlockBytes, RpcLimits.BlockBytes);
            if (Crc32C.Compute(block) != checksums[i])
            {
                Abort("the checksum of a payload is wrong");
                return false;
            }
        }

        return true;
    }

    private void DropReceived()
    {
        if (_receivingRequest is { } request)
            Recycle(request);
        _receivingRequest = null;
    }
}
