namespace Uss.Runtime.Portable;

/// <summary>The receiving half of a connection.</summary>
internal sealed unsafe class PortableReceive(PortableReactor reactor, PortableConnection connection) : SocketOperation(reactor)
{
    private readonly NativeMemoryView _view = new();
    private BufferSlice _target;
    private int _received;
    private bool _isExact;

    internal ValueTask<IoResult> Start(BufferSlice target, bool isExact)
    {
        Begin();
        target.Buffer.AddReference();
        _target = target;
        _received = 0;
        _isExact = isExact;
        Issue();
        return Task;
    }

    protected override bool Start()
    {
        SetBuffer(_view.Show(_target.Address + _received, _target.Length - _received));
        return connection.Socket.ReceiveAsync(this);
    }

    protected override void OnEnded()
    {
        var error = SocketErrors.ToErrno(SocketError);
        if (error == 0)
            _received += BytesTransferred;
        if (error == 0 && BytesTransferred > 0 && _isExact && _received < _target.Length && !connection.IsAborted)
        {
            Issue();
            return;
        }

        _target.Buffer.Release();
        _target = default;
        var ended = connection;
        Finish(ended.IsAborted ? IoResult.Failed(Errno.Canceled) : error != 0 ? IoResult.Failed(error) : new IoResult(_received));
        ended.OnOperationEnded();
    }
}
