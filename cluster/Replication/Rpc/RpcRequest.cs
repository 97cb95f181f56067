using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Replication.Rpc;

/// <summary>
/// A request of the other side, and the answer that the service puts into it. All of it belongs to the service until
/// <see cref="IRpcService.HandleAsync"/> completes.
/// </summary>
public sealed class RpcRequest
{
    private readonly Action _onHandled;
    private RpcBody _body;
    private BufferSlice _answerPayload;
    private ValueTaskAwaiter _handling;

    internal RpcRequest(RpcConnection connection, RpcArrays arrays)
    {
        Connection = connection;
        _body = new RpcBody(arrays);
        _onHandled = OnHandled;
    }

    /// <summary>The connection that it came over.</summary>
    public RpcConnection Connection { get; }

    /// <summary>Who asks.</summary>
    public RpcPeer Peer => Connection.Peer;

    /// <summary>What is asked for.</summary>
    public byte Operation { get; internal set; }

    /// <summary>The operation's fixed arguments.</summary>
    public RpcArguments Arguments { get; internal set; }

    /// <summary>
    /// The data, at the start of a page-aligned buffer; a multiple of 4096 bytes. The request holds a reference; who uses
    /// the buffer for longer takes one of his own.
    /// </summary>
    public BufferSlice Payload { get; internal set; }

    /// <summary>CRC-32C of each 4 KiB of <see cref="Payload"/>, verified.</summary>
    public ReadOnlyMemory<uint> Checksums => _body.Checksums;

    /// <summary>Further arguments.</summary>
    public ReadOnlyMemory<byte> Details => _body.Details;

    /// <summary>Most bytes of payload that the answer may have.</summary>
    public int AnswerPayloadLimit { get; internal set; }

    /// <summary>Monotonic time at which the caller gives up; <see cref="long.MaxValue"/> when it never does.</summary>
    public long DeadlineNs { get; internal set; }

    /// <summary>How it ended: <see cref="RpcStatus.Ok"/> unless set; never <see cref="RpcStatus.Lost"/>.</summary>
    public RpcStatus Status { get; set; }

    /// <summary>The answer's fixed values.</summary>
    public RpcArguments Answer { get; set; }

    /// <summary>
    /// The answer's data: a multiple of 4096 bytes, at most <see cref="AnswerPayloadLimit"/>. Setting it takes a reference,
    /// which is dropped once the data was sent; until then nobody may change it.
    /// </summary>
    public BufferSlice AnswerPayload
    {
        get => _answerPayload;
        set
        {
            var old = _answerPayload;
            if (value.Length > 0)
                value.Buffer.AddReference();
            _answerPayload = value;
            if (old.Length > 0)
                old.Buffer.Release();
        }
    }

    /// <summary>CRC-32C of each 4 KiB of <see cref="AnswerPayload"/>; computed by the connection when empty.</summary>
    public ReadOnlyMemory<uint> AnswerChecksums { get; set; }

    /// <summary>The answer's further values, at most 64 KiB; copied when the request completes.</summary>
    public ReadOnlyMemory<byte> AnswerDetails { get; set; }

    internal ulong Id { get; set; }

    internal int CostBytes { get; set; }

    /// <summary>Data that is received and thrown away, since there was no memory for it.</summary>
    internal bool IsWithoutMemory { get; set; }

    internal RpcRequest? Next { get; set; }

    /// <summary>The connection goes on with it when the service is done. The request waits itself: a method would need a frame.</summary>
    internal void FinishAfter(ValueTask handling)
    {
        _handling = handling.GetAwaiter();
        if (_handling.IsCompleted)
            OnHandled();
        else
            _handling.UnsafeOnCompleted(_onHandled);
    }

    internal void SetBody(ReadOnlySpan<byte> body, int blocks) => _body.Set(body, blocks);

    /// <summary>The service is done: what belongs to it is copied, the request's own data let go.</summary>
    internal void TakeAnswer()
    {
        Invariant.Check(Status != RpcStatus.Lost);
        Invariant.Check(_answerPayload.Length <= AnswerPayloadLimit && RpcHeader.IsPayloadLength(_answerPayload.Length));
        Invariant.Check(AnswerDetails.Length <= RpcLimits.DetailBytes);
        Invariant.Check(AnswerChecksums.Length == 0 || AnswerChecksums.Length * RpcLimits.BlockBytes == _answerPayload.Length);
        _body.Set(AnswerChecksums.Span, AnswerDetails.Span);
        AnswerChecksums = default;
        AnswerDetails = default;
        ReleasePayload();
    }

    internal void Clear()
    {
        ReleasePayload();
        AnswerPayload = default;
        AnswerChecksums = default;
        AnswerDetails = default;
        Answer = default;
        Status = RpcStatus.Ok;
        IsWithoutMemory = false;
        _body.Clear();
    }

    private void OnHandled()
    {
        var handling = _handling;
        _handling = default;
        handling.GetResult();
        Connection.Finish(this);
    }

    private void ReleasePayload()
    {
        if (Payload.Length > 0)
            Payload.Buffer.Release();
        Payload = default;
    }
}
