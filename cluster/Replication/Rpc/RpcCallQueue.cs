namespace Uss.Replication.Rpc;

/// <summary>First-in first-out list of calls, from whose middle a call can be taken. A call is in one such list at most.</summary>
internal struct RpcCallQueue
{
    private RpcCall? _tail;

    /// <summary>The oldest call, or null.</summary>
    public RpcCall? Head { get; private set; }

    public void Append(RpcCall call)
    {
        call.Previous = _tail;
        if (_tail is null)
            Head = call;
        else
            _tail.Next = call;
        _tail = call;
    }

    public void Remove(RpcCall call)
    {
        if (call.Previous is { } previous)
            previous.Next = call.Next;
        else
            Head = call.Next;
        if (call.Next is { } next)
            next.Previous = call.Previous;
        else
            _tail = call.Previous;
        call.Previous = call.Next = null;
    }
}

/// <summary>First-in first-out list of requests whose answers wait to be sent.</summary>
internal struct RpcRequestQueue
{
    private RpcRequest? _tail;

    /// <summary>The oldest request, or null.</summary>
    public RpcRequest? Head { get; private set; }

    public void Append(RpcRequest request)
    {
        if (_tail is null)
            Head = request;
        else
            _tail.Next = request;
        _tail = request;
    }

    public RpcRequest TakeHead()
    {
        var request = Head!;
        Head = request.Next;
        if (Head is null)
            _tail = null;
        request.Next = null;
        return request;
    }
}
