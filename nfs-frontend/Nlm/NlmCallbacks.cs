using System.Net;
using System.Net.Sockets;
using Uss.NfsFrontend.Locks;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.PortMap;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;

namespace Uss.NfsFrontend.Nlm;

/// <summary>
/// Calls of a front-end to the lock managers of clients. By UDP first, from the address that the client called: clients take a lock only
/// from the server that they asked for it.
/// </summary>
/// <param name="client">Calls them.</param>
/// <param name="mapper">Knows their ports.</param>
public sealed class NlmCallbacks(RpcClient client, PortMapClient mapper)
{
    private const uint Program = 100021;
    private const uint Version = 4;

    /// <summary>Tells a client that it has the lock which it waits for. Once: a second call would be refused by who took it by the first.</summary>
    public async ValueTask<GrantOutcome> GrantAsync(LockCall call)
    {
        var bytes = new byte[NlmResults.MaximumGrant];
        var answer = await CallAsync(call.Host.Server, call.Host.Address, NlmProcedure.Granted, bytes[..WriteGrant(bytes, call)]);
        return answer.Outcome switch
        {
            RpcOutcome.Answered => ReadOutcome(answer.Results),
            RpcOutcome.NoAnswer => GrantOutcome.Unknown,
            _ => GrantOutcome.Unreachable,
        };
    }

    /// <summary>Answers a call that is answered by a call (XNFS, 14: the procedures with _MSG and _RES). It may be lost; then the client asks again.</summary>
    public async ValueTask AnswerAsync(IPAddress local, IPAddress machine, NlmProcedure procedure, byte[] results) =>
        await CallAsync(local, machine, procedure, results);

    internal static GrantOutcome ReadOutcome(byte[] results)
    {
        var reader = new XdrReader(results);
        reader.Opaque(NlmArguments.MaximumObject);
        var status = (LockStatus)reader.UInt32();
        return !reader.IsOk ? GrantOutcome.Unknown
            : status == LockStatus.Granted ? GrantOutcome.Accepted
            : status == LockStatus.NotNow ? GrantOutcome.Unreachable
            : GrantOutcome.Refused;
    }

    private static int WriteGrant(Span<byte> target, LockCall call)
    {
        var writer = new XdrWriter(target);
        NlmResults.WriteGrant(ref writer, call);
        return writer.Position;
    }

    private async ValueTask<RpcAnswer> CallAsync(IPAddress local, IPAddress machine, NlmProcedure procedure, byte[] arguments)
    {
        // The address of a socket that is bound to all of them says nothing.
        local = local.AddressFamily == machine.AddressFamily ? local
            : machine.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
        var called = new RpcProcedure(Program, Version, (uint)procedure);
        var port = await mapper.FindAsync(local, machine, Program, Version, isDatagram: true);
        if (port != 0)
            return await client.CallDatagramAsync(local, new Endpoint(machine, port), called, arguments, attempts: 1);
        port = await mapper.FindAsync(local, machine, Program, Version, isDatagram: false);
        return port == 0
            ? RpcAnswer.Without(RpcOutcome.NotSent)
            : await client.CallStreamAsync(new Endpoint(machine, port), called, arguments);
    }
}
