using System.Net;

namespace Uss.Runtime.Portable;

/// <summary>One direction of a UDP socket; one operation of it is under way at most.</summary>
internal sealed unsafe class PortableDatagramOperation(PortableReactor reactor, PortableDatagramSocket socket, bool isSend)
    : SocketOperation(reactor)
{
    private readonly NativeMemoryView _view = new();
    private BufferSlice _slice;
    private IPEndPoint? _peer;

    internal ValueTask<IoResult> Start(BufferSlice slice, IPEndPoint peer)
    {
        Begin();
        if (!slice.IsEmpty)
            slice.Buffer.AddReference();
        _slice = slice;
        _peer = peer;
        Issue();
        return Task;
    }

    protected override bool Start()
    {
        RemoteEndPoint = _peer;
        SetBuffer(_slice.IsEmpty ? Memory<byte>.Empty : _view.Show(_slice.Address, _slice.Length));
        return isSend ? socket.Socket.SendToAsync(this) : socket.Socket.ReceiveFromAsync(this);
    }

    protected override void OnEnded()
    {
        if (!_slice.IsEmpty)
            _slice.Buffer.Release();
        _slice = default;
        var error = SocketErrors.ToErrno(SocketError);
        var ended = socket;
        Finish(ended.IsClosing ? IoResult.Failed(Errno.Canceled) : error != 0 ? IoResult.Failed(error) : new IoResult(BytesTransferred));
        ended.OnOperationEnded();
    }
}
