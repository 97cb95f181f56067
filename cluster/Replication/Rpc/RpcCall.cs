using System.Threading.Tasks.Sources;
using Uss.Runtime;

namespace Uss.Replication.Rpc;

/// <summary>
/// A request to the other side and its answer, from <see cref="RpcConnection.Rent"/> to
/// <see cref="RpcConnection.Return"/>. Buffers belong to the caller, who holds them until the call has completed; what is
/// being sent then is held by the connection as well, so that a released buffer is not used again too early.
/// </summary>
public sealed class RpcCall : IValueTaskSource<RpcStatus>
{
    private readonly RpcConnection _connection;
    private ReactorCompletion<RpcStatus> _core;
    private RpcBody _answer;

    internal RpcCall(RpcConnection connection, RpcArrays arrays)
    {
        _connection = connection;
        _answer = new RpcBody(arrays);
    }

    internal enum CallState
    {
        Idle,
        WaitingForWindow,
        Queued,
        Sent,
        Completed,
    }

    /// <summary>What is asked for; its meaning is the service's.</summary>
    public byte Operation { get; set; }

    /// <summary>The operation's fixed arguments.</summary>
    public RpcArguments Arguments { get; set; }

    /// <summary>
    /// Data to send: a multiple of 4096 bytes, at most 4 MiB. Nobody may change it while anybody holds the buffer.
    /// </summary>
    public BufferSlice Payload { get; set; }

    /// <summary>CRC-32C of each 4 KiB of <see cref="Payload"/>; computed by the connection when empty.</summary>
    public ReadOnlyMemory<uint> Checksums { get; set; }

    /// <summary>Further arguments, at most 64 KiB; unchanged until the call has completed.</summary>
    public ReadOnlyMemory<byte> Details { get; set; }

    /// <summary>Where the answer's payload goes: a multiple of 4096 bytes, at most 4 MiB. Undefined unless the call ends well.</summary>
    public BufferSlice Target { get; set; }

    /// <summary>The answer's fixed values.</summary>
    public RpcArguments Answer { get; internal set; }

    /// <summary>The answer's further values, until <see cref="RpcConnection.Return"/>.</summary>
    public ReadOnlyMemory<byte> AnswerDetails => _answer.Details;

    /// <summary>CRC-32C of each 4 KiB received into <see cref="Target"/>, verified; until <see cref="RpcConnection.Return"/>.</summary>
    public ReadOnlyMemory<uint> AnswerChecksums => _answer.Checksums;

    /// <summary>Bytes received into <see cref="Target"/>.</summary>
    public int AnswerPayloadBytes { get; internal set; }

    internal CallState State { get; set; }

    internal int Slot { get; set; }

    /// <summary>Monotonic time at which the call ends as timed out.</summary>
    internal long DeadlineNs { get; set; }

    /// <summary>Timed out while its answer was arriving in <see cref="Target"/>: it gets a little more time.</summary>
    internal bool IsInGrace { get; set; }

    internal int CostBytes => Payload.Length + Target.Length + Details.Length;

    /// <summary>Neighbours among the calls that wait for the window, or to be sent.</summary>
    internal RpcCall? Previous { get; set; }

    internal RpcCall? Next { get; set; }

    /// <summary>Neighbours among all calls under way.</summary>
    internal RpcCall? PreviousWatched { get; set; }

    internal RpcCall? NextWatched { get; set; }

    internal bool IsOf(RpcConnection connection) => ReferenceEquals(connection, _connection);

    internal ValueTask<RpcStatus> Task => new(this, _core.Version);

    internal void SetAnswerBody(ReadOnlySpan<byte> body, int blocks) => _answer.Set(body, blocks);

    internal void Complete(RpcStatus status)
    {
        State = CallState.Completed;
        if (status is RpcStatus.Lost or RpcStatus.TimedOut)
        {
            AnswerPayloadBytes = 0;
            _answer.Clear();
        }

        _core.SetResult(status);
    }

    internal void Clear()
    {
        Operation = 0;
        Arguments = default;
        Payload = default;
        Checksums = default;
        Details = default;
        Target = default;
        Answer = default;
        AnswerPayloadBytes = 0;
        IsInGrace = false;
        _answer.Clear();
    }

    RpcStatus IValueTaskSource<RpcStatus>.GetResult(short token)
    {
        var status = _core.GetResult(token);
        _core.Reset();
        State = CallState.Idle;
        return status;
    }

    ValueTaskSourceStatus IValueTaskSource<RpcStatus>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<RpcStatus>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token);
}
