using Uss.NfsFrontend.Xdr;
using Uss.Runtime;

namespace Uss.NfsFrontend.OncRpc;

/// <summary>A call that came, and the reply that is made for it. What it came on uses the object again.</summary>
public sealed class RpcRequest
{
    private readonly IReplyPath _path;
    private PageBuffer? _record;
    private int _offset;
    private PageBuffer? _reply;
    private int _replyBytes;
    private BufferSlice _data;
    private RpcCall _call;
    private AuthSys _user;

    internal RpcRequest(IReplyPath path) => _path = path;

    /// <summary>The header.</summary>
    public ref readonly RpcCall Call => ref _call;

    /// <summary>Who calls, when <see cref="RpcCall.Flavor"/> is <see cref="AuthFlavor.Sys"/>.</summary>
    public ref readonly AuthSys User => ref _user;

    /// <summary>Where the call came from.</summary>
    public Endpoint Client { get; private set; }

    /// <summary>Where it arrived; its address is that of no interface when a socket for datagrams is bound to all of them.</summary>
    public Endpoint Server => _path.Local;

    /// <summary>Whether it came as a datagram, and not on a connection.</summary>
    public bool IsDatagram => _path.IsDatagram;

    /// <summary>When the client's connection began, on the reactor's clock.</summary>
    public long ConnectionBegunNs => _path.BegunNs;

    /// <summary>The whole message: what <see cref="XdrBytes"/> of the arguments refer to.</summary>
    public ReadOnlySpan<byte> Message => _record!.Slice(_offset, MessageBytes).Span;

    /// <summary>The arguments.</summary>
    public XdrReader Arguments => new(Message, _call.ArgumentsOffset);

    /// <summary>Length of the message in bytes.</summary>
    internal int MessageBytes { get; private set; }

    /// <summary>Whether its reply waits to leave: who sends it ends it.</summary>
    internal bool IsDone { get; set; }

    /// <summary>Tells one use of the object from the next.</summary>
    internal int Serial { get; private set; }

    private bool IsAnswered => _reply is not null;

    /// <summary>Bytes of the message as a part of its buffer, for disks and other nodes. Who keeps it takes a reference.</summary>
    public BufferSlice SliceOf(XdrBytes bytes) => _record!.Slice(_offset + bytes.Offset, bytes.Length);

    /// <summary>Room for results of at most <paramref name="maximumBytes"/>. Followed by <see cref="Succeed(in XdrWriter, BufferSlice)"/>.</summary>
    public XdrWriter BeginResults(int maximumBytes) => new(ReserveResults(maximumBytes).Span);

    /// <summary>
    /// Room for results of at most <paramref name="maximumBytes"/>, to be written by somebody else. Followed by
    /// <see cref="Succeed(int, BufferSlice)"/>.
    /// </summary>
    public BufferSlice ReserveResults(int maximumBytes)
    {
        const int padding = 3;
        Invariant.Check(!IsAnswered);
        _reply = _path.Reactor.Buffers.Rent(RecordMark.Size + RpcReply.AcceptedSize + maximumBytes + padding);
        return _reply.Slice(RecordMark.Size + RpcReply.AcceptedSize, maximumBytes);
    }

    /// <summary>The call succeeded.</summary>
    /// <param name="results">What <see cref="BeginResults"/> gave, with the results in it.</param>
    /// <param name="data">What follows the results, with padding behind it. The reply takes a reference of its own.</param>
    public void Succeed(in XdrWriter results, BufferSlice data = default) => Succeed(results.Position, data);

    /// <summary>The call succeeded.</summary>
    /// <param name="resultBytes">How much of what <see cref="ReserveResults"/> gave is used.</param>
    /// <param name="data">As above.</param>
    public void Succeed(int resultBytes, BufferSlice data = default)
    {
        var header = new XdrWriter(_reply!.Slice(RecordMark.Size, RpcReply.AcceptedSize).Span);
        RpcReply.WriteAccepted(ref header, _call.Xid, AcceptStatus.Success);
        if (data.Length > 0)
            data.Buffer.AddReference();
        _data = data;
        Send(header.Position + resultBytes);
    }

    /// <summary>The call succeeded and has no results.</summary>
    public void Succeed() => Succeed(BeginResults(0));

    /// <summary>The call did not get as far as its program's own errors.</summary>
    public void Fail(AcceptStatus status)
    {
        Invariant.Check(status is not (AcceptStatus.Success or AcceptStatus.ProgramMismatch));
        var writer = BeginBare();
        RpcReply.WriteAccepted(ref writer, _call.Xid, status);
        Send(writer.Position);
    }

    /// <summary>The caller's credentials do not do.</summary>
    public void Refuse(AuthStatus status)
    {
        var writer = BeginBare();
        RpcReply.WriteAuthError(ref writer, _call.Xid, status);
        Send(writer.Position);
    }

    /// <summary>Takes a record over, with the reference to its buffer.</summary>
    internal void Begin(PageBuffer record, int offset, int length, in RpcCall call, Endpoint client)
    {
        (_record, _offset, MessageBytes, _call, Client) = (record, offset, length, call, client);
        _user = default;
        IsDone = false;
        Serial++;
    }

    /// <summary>Checks who calls; false when the credentials cannot be understood.</summary>
    internal bool TryReadUser() => _call.Flavor switch
    {
        AuthFlavor.None => true,
        AuthFlavor.Sys => AuthSys.TryParse(_call.Credential.In(Message), out _user),
        _ => false,
    };

    internal void FailVersion(uint lowest, uint highest)
    {
        var writer = BeginBare();
        RpcReply.WriteProgramMismatch(ref writer, _call.Xid, lowest, highest);
        Send(writer.Position);
    }

    internal void FailRpcVersion()
    {
        var writer = BeginBare();
        RpcReply.WriteRpcMismatch(ref writer, _call.Xid);
        Send(writer.Position);
    }

    /// <summary>Adds the reply to what is sent next.</summary>
    internal void AddTo(SendVector vector)
    {
        vector.Add(_reply!.Slice(0, _replyBytes));
        vector.Add(_data);
        vector.Add(_reply.Slice(_replyBytes, XdrReader.PaddingOf(_data.Length)));
    }

    /// <summary>The reply as one datagram, without a mark: at most so many bytes, otherwise that it cannot be given this way.</summary>
    internal BufferSlice AsDatagram(int maximumBytes)
    {
        // What has data is not served by datagrams.
        Invariant.Check(_data.Length == 0);
        if (_replyBytes - RecordMark.Size > maximumBytes)
        {
            var writer = new XdrWriter(_reply!.Slice(RecordMark.Size, RpcReply.MaximumSize).Span);
            RpcReply.WriteAccepted(ref writer, _call.Xid, AcceptStatus.SystemError);
            _replyBytes = RecordMark.Size + writer.Position;
        }

        return _reply!.Slice(RecordMark.Size, _replyBytes - RecordMark.Size);
    }

    /// <summary>Gives the buffers back.</summary>
    internal void Release()
    {
        _record?.Release();
        _reply?.Release();
        if (_data.Length > 0)
            _data.Buffer.Release();
        (_record, _reply, _data) = (null, null, default);
    }

    private XdrWriter BeginBare()
    {
        Invariant.Check(!IsAnswered);
        _reply = _path.Reactor.Buffers.Rent(RecordMark.Size + RpcReply.MaximumSize);
        return new XdrWriter(_reply.Slice(RecordMark.Size, RpcReply.MaximumSize).Span);
    }

    private void Send(int messageBytes)
    {
        var padding = XdrReader.PaddingOf(_data.Length);
        _replyBytes = RecordMark.Size + messageBytes;
        _reply!.Slice(_replyBytes, padding).Span.Clear();
        new RecordMark(messageBytes + _data.Length + padding, IsLast: true).Write(_reply.Slice(0, RecordMark.Size).Span);
        _path.Send(this);
    }
}
