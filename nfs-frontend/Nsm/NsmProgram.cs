using Uss.NfsFrontend.Locks;
using Uss.NfsFrontend.OncRpc;

namespace Uss.NfsFrontend.Nsm;

/// <summary>
/// The network status monitor, version 1 (XNFS, 11), as far as a server needs it: clients tell that they have restarted, and lose the locks
/// that they held before. They are told nothing: locks survive the restart of a server here.
/// </summary>
/// <param name="owners">The owners of the file systems.</param>
public sealed class NsmProgram(ILockOwners owners) : IRpcProgram
{
    // An odd number: this host is up. It never changes, since no restart of it means anything to clients.
    private const uint OwnState = 1;
    private const uint Failure = 1;

    // Most hosts whose last notice is known.
    private const int MostNotices = 1024;

    private readonly Dictionary<LockHost, uint> _notices = [];

    /// <inheritdoc/>
    public uint Number => 100024;

    /// <inheritdoc/>
    public uint LowestVersion => 1;

    /// <inheritdoc/>
    public uint HighestVersion => 1;

    /// <inheritdoc/>
    public int DataOffset(in RpcCall call, ReadOnlySpan<byte> head) => 0;

    /// <inheritdoc/>
    public async ValueTask HandleAsync(RpcRequest request)
    {
        switch ((NsmProcedure)request.Call.Procedure)
        {
            case NsmProcedure.Null or NsmProcedure.SimulateCrash:
                request.Succeed();
                break;
            case NsmProcedure.Stat or NsmProcedure.Monitor:
                Answer(request, Failure, OwnState);
                break;
            case NsmProcedure.Unmonitor or NsmProcedure.UnmonitorAll:
                Answer(request, OwnState);
                break;
            case NsmProcedure.Notify:
                await NotifyAsync(request);
                break;
            default:
                request.Fail(AcceptStatus.ProcedureUnavailable);
                break;
        }
    }

    // The host's name and its new state (stat_chge). Without an answer it is told again.
    private async ValueTask NotifyAsync(RpcRequest request)
    {
        var reader = request.Arguments;
        var name = reader.Opaque(LockHost.MaximumName);
        var state = reader.UInt32();
        if (!reader.IsOk)
        {
            request.Fail(AcceptStatus.GarbageArguments);
            return;
        }

        // What comes twice must not drop what a host has locked since, that does not say in which state it did.
        var host = new LockHost(name.In(request.Message).ToArray(), LockHost.Normalize(request.Client.Address), LockHost.Normalize(request.Server.Address));
        var isKnown = _notices.TryGetValue(host, out var last) && last == state;
        var call = new LockCall { Kind = LockCallKind.FreeHost, Host = host, State = state, KeepsState = true };
        if (!isKnown && !await owners.FreeHostAsync(call))
            return;
        if (_notices.Count >= MostNotices)
            _notices.Clear();
        _notices[host] = state;
        request.Succeed();
    }

    private static void Answer(RpcRequest request, params ReadOnlySpan<uint> numbers)
    {
        var results = request.BeginResults(numbers.Length * 4);
        foreach (var number in numbers)
            results.UInt32(number);
        request.Succeed(results);
    }
}
