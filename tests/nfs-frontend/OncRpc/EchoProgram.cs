using Uss.NfsFrontend.Xdr;
using Uss.Runtime;

namespace Uss.NfsFrontend.OncRpc.Tests;

/// <summary>A program for tests: gives back what it gets, at once or when it is told to.</summary>
internal sealed class EchoProgram(Reactor reactor) : IRpcProgram
{
    public const uint Null = 0;
    public const uint Echo = 1;
    public const uint EchoLater = 2;
    public const uint EchoAsData = 3;
    public const uint WhoAmI = 4;
    public const uint Silence = 5;

    private TaskCompletionSource _release = new();

    public uint Number => 200_000;

    public uint LowestVersion => 2;

    public uint HighestVersion => 3;

    /// <summary>Calls that wait for <see cref="Release"/>.</summary>
    public int Held { get; private set; }

    /// <summary>Most calls that waited at once.</summary>
    public int MostHeld { get; private set; }

    /// <summary>Where the data of the last call with data lay, from a page boundary.</summary>
    public long Misalignment { get; private set; } = -1;

    public void Release()
    {
        var release = _release;
        _release = new TaskCompletionSource();
        release.SetResult();
    }

    public int DataOffset(in RpcCall call, ReadOnlySpan<byte> head) =>
        call.Procedure == EchoAsData && call.Refusal == AuthStatus.Ok ? call.ArgumentsOffset + sizeof(uint) : 0;

    public async ValueTask HandleAsync(RpcRequest request)
    {
        switch (request.Call.Procedure)
        {
            case Null:
                request.Succeed();
                break;
            case EchoLater:
                MostHeld = Math.Max(MostHeld, ++Held);
                await _release.Task;
                Held--;
                Answer(request);
                await reactor.YieldAsync();
                break;
            case Echo:
            case EchoAsData:
                Answer(request);
                break;
            case WhoAmI:
                var results = request.BeginResults(8);
                results.UInt32(request.User.UserId);
                results.UInt32((uint)request.User.Groups.Length);
                request.Succeed(results);
                break;
            case Silence:
                break;
            default:
                request.Fail(AcceptStatus.ProcedureUnavailable);
                break;
        }
    }

    private unsafe void Answer(RpcRequest request)
    {
        var arguments = request.Arguments;
        var bytes = arguments.Opaque(1 << 20);
        if (!arguments.IsOk)
        {
            request.Fail(AcceptStatus.GarbageArguments);
            return;
        }

        var isData = request.Call.Procedure == EchoAsData;
        var results = request.BeginResults(isData ? 4 : 4 + bytes.Length + 3);
        if (isData)
        {
            results.UInt32((uint)bytes.Length);
            Misalignment = bytes.Length == 0 ? 0 : (long)request.SliceOf(bytes).Address & 4095;
        }
        else
        {
            results.Opaque(bytes.In(request.Message));
        }

        request.Succeed(results, isData ? request.SliceOf(bytes) : default);
    }
}
