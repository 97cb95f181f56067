namespace Uss.Runtime.Portable;

/// <summary>The sending half of a connection. Small slices are gathered, so that a message does not become many segments.</summary>
internal sealed unsafe class PortableSend(PortableReactor reactor, PortableConnection connection) : SocketOperation(reactor)
{
    private const int GatherBytes = 65536;

    private readonly PortableReactor _reactor = reactor;
    private readonly NativeMemoryView _view = new();
    private SendVector? _vector;
    private PageBuffer? _gathered;
    private byte* _address;
    private int _remaining;
    private int _slice;
    private int _sliceOffset;

    internal ValueTask<IoResult> Start(SendVector vector)
    {
        Begin();
        vector.BeginSend();
        _vector = vector;
        _slice = 0;
        _sliceOffset = 0;
        _remaining = 0;
        if (vector.Count > 1)
            _gathered = _reactor.Buffers.Rent((int)Math.Min(vector.TotalBytes, GatherBytes));
        Issue();
        return Task;
    }

    protected override bool Start()
    {
        if (_remaining == 0)
            Gather();
        SetBuffer(_view.Show(_address, _remaining));
        return connection.Socket.SendAsync(this);
    }

    protected override void OnEnded()
    {
        var error = SocketErrors.ToErrno(SocketError);
        var total = (int)_vector!.TotalBytes;
        if (error == 0)
        {
            _address += BytesTransferred;
            _remaining -= BytesTransferred;
            if ((_remaining > 0 || _slice < _vector.Count) && !connection.IsAborted)
            {
                Issue();
                return;
            }
        }

        _gathered?.Release();
        _gathered = null;
        _vector.EndSend();
        _vector = null;
        var ended = connection;
        Finish(ended.IsAborted ? IoResult.Failed(Errno.Canceled) : error != 0 ? IoResult.Failed(error) : new IoResult(total));
        ended.OnOperationEnded();
    }

    private void Gather()
    {
        if (_gathered is null)
        {
            var only = _vector!.Slices[_slice++];
            _address = only.Address;
            _remaining = only.Length;
            return;
        }

        var room = _gathered.Slice().Span;
        _address = _gathered.Address;
        while (_slice < _vector!.Count && _remaining < room.Length)
        {
            var rest = _vector.Slices[_slice].Span[_sliceOffset..];
            var count = Math.Min(rest.Length, room.Length - _remaining);
            rest[..count].CopyTo(room[_remaining..]);
            _remaining += count;
            _sliceOffset += count;
            if (count == rest.Length)
            {
                _slice++;
                _sliceOffset = 0;
            }
        }
    }
}
