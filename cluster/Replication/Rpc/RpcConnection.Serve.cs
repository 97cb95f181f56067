namespace Uss.Replication.Rpc;

// The serving side: requests are handed to the service as they come, at most as many as the window allows.
public sealed partial class RpcConnection
{
    private readonly Stack<RpcRequest> _freeRequests = new();
    private int _handlers;
    private int _servedRequests;
    private long _servedBytes;

    private bool BeginRequest(ReadOnlySpan<byte> body)
    {
        if (_servedRequests >= _options.WindowRequests || _servedBytes + _header.CostBytes > _options.WindowBytes)
        {
            Abort("the peer does not keep to the window");
            return false;
        }

        var request = _freeRequests.TryPop(out var free) ? free : new RpcRequest(this, _arrays);
        _receivingRequest = request;
        _servedRequests++;
        _servedBytes += _header.CostBytes;
        request.Id = _header.Id;
        request.CostBytes = _header.CostBytes;
        request.Operation = _header.Operation;
        request.Arguments = _header.Arguments;
        request.AnswerPayloadLimit = _header.TargetBytes;
        request.DeadlineNs = _header.TimeoutMs == 0 ? long.MaxValue : _reactor.MonotonicNs + (_header.TimeoutMs * 1_000_000L);
        request.SetBody(body, _header.Blocks);
        if (_header.PayloadBytes == 0)
            return true;
        if (_reactor.Buffers.TryRent(_header.PayloadBytes, out var buffer))
        {
            request.Payload = buffer.Slice(0, _header.PayloadBytes);
            _sink = request.Payload;
        }
        else
        {
            request.IsWithoutMemory = true;
        }

        return true;
    }

    private void EndRequest(RpcRequest request)
    {
        if (request.IsWithoutMemory)
            request.Status = RpcStatus.Busy;
        else if (_reactor.MonotonicNs >= request.DeadlineNs)
            request.Status = RpcStatus.TimedOut;
        _handlers++;
        if (request.Status != RpcStatus.Ok)
        {
            Finish(request);
            return;
        }

        request.FinishAfter(_service.HandleAsync(request));
    }

    /// <summary>The service is done with a request: its answer is sent.</summary>
    internal void Finish(RpcRequest request)
    {
        request.TakeAnswer();
        _handlers--;
        if (_isAborted)
        {
            Recycle(request);
        }
        else
        {
            _answers.Append(request);
            ScheduleFlush();
        }

        if (_handlers == 0 && _isClosed)
            _changed.Raise();
    }

    private void Recycle(RpcRequest request)
    {
        _servedRequests--;
        _servedBytes -= request.CostBytes;
        request.Clear();
        _freeRequests.Push(request);
    }

    private void DropAnswers()
    {
        while (_answers.Head is not null)
            Recycle(_answers.TakeHead());
    }
}
