using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Replication.Rpc.Tests;

/// <summary>Answers with what it was sent, at once, later, or only when it is let.</summary>
internal sealed class EchoService : IRpcService
{
    public const byte Echo = 1;
    public const byte EchoLater = 2;
    public const byte Read = 3;
    public const byte Refuse = 4;
    public const byte Hold = 5;
    public const byte Write = 6;

    private readonly List<TaskCompletionSource> _held = [];

    public long Requests { get; private set; }

    public int UnderWay { get; private set; }

    public int MostUnderWay { get; private set; }

    public long BytesUnderWay { get; private set; }

    public long MostBytesUnderWay { get; private set; }

    public int Held => _held.Count;

    /// <summary>Delay of <see cref="EchoLater"/>, at most.</summary>
    public long DelayNs { get; set; } = 2_000_000;

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    public async ValueTask HandleAsync(RpcRequest request)
    {
        Requests++;
        var cost = request.Payload.Length + request.Details.Length + request.AnswerPayloadLimit;
        MostUnderWay = Math.Max(MostUnderWay, ++UnderWay);
        MostBytesUnderWay = Math.Max(MostBytesUnderWay, BytesUnderWay += cost);
        switch (request.Operation)
        {
            case Echo:
                SetEcho(request);
                break;
            case EchoLater:
                await Reactor.Current.DelayAsync(1 + Reactor.Current.Random.Next(DelayNs));
                SetEcho(request);
                break;
            case Read:
                SetRead(request);
                break;
            case Write:
                request.Answer = request.Arguments;
                break;
            case Hold:
                var held = new TaskCompletionSource();
                _held.Add(held);
                await held.Task;
                SetEcho(request);
                break;
            case Refuse:
                request.Status = RpcStatus.FirstOfService;
                break;
            default:
                request.Status = RpcStatus.UnknownOperation;
                break;
        }

        UnderWay--;
        BytesUnderWay -= cost;
    }

    /// <summary>Answers all requests that are held.</summary>
    public void LetGo()
    {
        var held = _held.ToList();
        _held.Clear();
        held.ForEach(source => source.SetResult());
    }

    private static void SetEcho(RpcRequest request)
    {
        request.Answer = request.Arguments;
        request.AnswerDetails = request.Details;
        if (request.AnswerPayloadLimit >= request.Payload.Length)
        {
            request.AnswerPayload = request.Payload;
            request.AnswerChecksums = request.Checksums;
        }
    }

    private static void SetRead(RpcRequest request)
    {
        if (request.AnswerPayloadLimit == 0)
            return;
        var buffer = Reactor.Current.Buffers.Rent(request.AnswerPayloadLimit);
        var slice = buffer.Slice(0, request.AnswerPayloadLimit);
        slice.Span.Fill(request.Arguments[0]);
        request.AnswerPayload = slice;
        buffer.Release();
    }
}
