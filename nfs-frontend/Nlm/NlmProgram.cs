using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Locks;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.OncRpc;
using Uss.Runtime;

namespace Uss.NfsFrontend.Nlm;

/// <summary>
/// The network lock manager, version 4 (XNFS, 14): that of NFS version 3. Calls go to the owner of the file system and their answers are
/// durable.
/// </summary>
public sealed partial class NlmProgram : IRpcProgram
{
    // Answers by calls of our own that are under way: each asks a port mapper, wherever the sender of a datagram said that it is.
    private const int MostAnswers = 64;

    private readonly Reactor _reactor;
    private readonly ILockOwners _owners;
    private readonly Func<ExportTable> _exports;
    private readonly ReadOnlyMemory<byte> _key;
    private readonly ReadOnlyMemory<byte> _frontEnd;
    private readonly NlmCallbacks _callbacks;
    private int _answers;

    /// <summary>Creates the program.</summary>
    /// <param name="reactor">The reactor that it runs on.</param>
    /// <param name="owners">The owners of the file systems.</param>
    /// <param name="exports">The exports as they are now: their rules hold for locks too.</param>
    /// <param name="key">The key of handles, <see cref="FileHandle.KeyBytes"/> bytes.</param>
    /// <param name="frontEnd">What owners name this front-end by, when it shall call a client (<see cref="LockCall.FrontEnd"/>).</param>
    /// <param name="callbacks">Calls clients.</param>
    public NlmProgram(
        Reactor reactor, ILockOwners owners, Func<ExportTable> exports, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> frontEnd, NlmCallbacks callbacks)
    {
        _reactor = reactor;
        _owners = owners;
        _exports = exports;
        _key = key;
        _frontEnd = frontEnd;
        _callbacks = callbacks;
    }

    /// <inheritdoc/>
    public uint Number => 100021;

    /// <inheritdoc/>
    public uint LowestVersion => 4;

    /// <inheritdoc/>
    public uint HighestVersion => 4;

    /// <inheritdoc/>
    public int DataOffset(in RpcCall call, ReadOnlySpan<byte> head) => 0;

    /// <inheritdoc/>
    public async ValueTask HandleAsync(RpcRequest request)
    {
        var procedure = (NlmProcedure)request.Call.Procedure;
        switch (procedure)
        {
            case NlmProcedure.Null:
                request.Succeed();
                break;
            case NlmProcedure.Test or NlmProcedure.Lock or NlmProcedure.Cancel or NlmProcedure.Unlock
                or NlmProcedure.Share or NlmProcedure.Unshare or NlmProcedure.UnmonitoredLock:
                await AnswerAsync(request, procedure);
                break;
            case >= NlmProcedure.TestMessage and <= NlmProcedure.UnlockMessage:
                await AnswerByCallAsync(request, procedure - NlmProcedure.TestMessage + NlmProcedure.Test);
                break;
            case NlmProcedure.Granted:
                RefuseGrant(request);
                break;
            case NlmProcedure.GrantedMessage or (>= NlmProcedure.TestResult and <= NlmProcedure.GrantedResult):
                // Nothing is asked here that would be answered so.
                request.Succeed();
                break;
            case NlmProcedure.FreeAll:
                await FreeAllAsync(request);
                break;
            default:
                request.Fail(AcceptStatus.ProcedureUnavailable);
                break;
        }
    }

    private async ValueTask AnswerAsync(RpcRequest request, NlmProcedure procedure)
    {
        if (!TryRead(request, procedure, out var arguments))
            return;
        var reply = Begin(request, procedure, arguments, out var call) ?? await _owners.CallAsync(call!);
        var results = request.BeginResults(NlmResults.MaximumSize);
        NlmResults.Write(ref results, procedure, arguments.Cookie.In(request.Message), reply);
        request.Succeed(results);
    }

    // The answer to the call itself is empty; the answer to the question is a call to the client.
    private async ValueTask AnswerByCallAsync(RpcRequest request, NlmProcedure procedure)
    {
        if (!TryRead(request, procedure, out var arguments))
            return;
        var cookie = arguments.Cookie.In(request.Message).ToArray();
        var (server, client) = (LockHost.Normalize(request.Server.Address), LockHost.Normalize(request.Client.Address));
        var early = Begin(request, procedure, arguments, out var call);
        request.Succeed();

        // Too many of these: the client asks again.
        if (_answers >= MostAnswers)
            return;
        _answers++;
        var reply = early ?? await _owners.CallAsync(call!);
        var results = Results(procedure, cookie, reply);
        _reactor.Spawn(SendAsync());

        async ValueTask SendAsync()
        {
            await _callbacks.AnswerAsync(server, client, procedure - NlmProcedure.Test + NlmProcedure.TestResult, results);
            _answers--;
        }
    }

    private static void RefuseGrant(RpcRequest request)
    {
        if (!TryRead(request, NlmProcedure.Granted, out var arguments))
            return;
        var results = request.BeginResults(NlmResults.MaximumSize);
        NlmResults.Write(ref results, NlmProcedure.Granted, arguments.Cookie.In(request.Message), new LockReply(LockStatus.Denied));
        request.Succeed(results);
    }

    // A name and a state that means nothing (XNFS, 14: nlm_notify). Without an answer the client asks again.
    private async ValueTask FreeAllAsync(RpcRequest request)
    {
        var reader = request.Arguments;
        var name = reader.Opaque(LockHost.MaximumName);
        reader.UInt32();
        if (!reader.IsOk)
        {
            request.Fail(AcceptStatus.GarbageArguments);
            return;
        }

        var call = new LockCall { Kind = LockCallKind.FreeHost, Host = HostOf(request, name.In(request.Message)) };
        if (await _owners.FreeHostAsync(call))
            request.Succeed();
    }
}
