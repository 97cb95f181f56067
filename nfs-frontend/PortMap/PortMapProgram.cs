using Uss.NfsFrontend.OncRpc;
using Uss.Runtime;

namespace Uss.NfsFrontend.PortMap;

/// <summary>
/// The port mapper (RFC 1833): version 2, and as rpcbind versions 3 and 4. It tells where this server's own programs are: nobody else
/// registers here, and no call is passed on, since that would hide who calls and let anybody flood somebody else.
/// </summary>
/// <param name="reactor">The reactor that it runs on.</param>
/// <param name="table">The programs.</param>
public sealed partial class PortMapProgram(Reactor reactor, PortMapTable table) : IRpcProgram
{
    private const uint PortMapVersion = 2;
    private const uint RpcBind4 = 4;

    /// <inheritdoc/>
    public uint Number => 100000;

    /// <inheritdoc/>
    public uint LowestVersion => PortMapVersion;

    /// <inheritdoc/>
    public uint HighestVersion => RpcBind4;

    /// <inheritdoc/>
    public int DataOffset(in RpcCall call, ReadOnlySpan<byte> head) => 0;

    /// <inheritdoc/>
    public ValueTask HandleAsync(RpcRequest request)
    {
        if (request.Call.Version == PortMapVersion)
            HandlePortMap(request);
        else
            HandleRpcBind(request);
        return ValueTask.CompletedTask;
    }

    private void HandlePortMap(RpcRequest request)
    {
        switch ((PortMapProcedure)request.Call.Procedure)
        {
            case PortMapProcedure.Null:
                request.Succeed();
                break;
            case PortMapProcedure.Set or PortMapProcedure.Unset:
                Answer(request, 0);
                break;
            case PortMapProcedure.GetPort:
                GetPort(request);
                break;
            case PortMapProcedure.Dump:
                DumpPorts(request);
                break;
            case PortMapProcedure.CallIt:
                break;
            default:
                request.Fail(AcceptStatus.ProcedureUnavailable);
                break;
        }
    }

    // A mapping (3.1): program, version, protocol, and a port that means nothing in a question.
    private void GetPort(RpcRequest request)
    {
        var arguments = request.Arguments;
        var (program, version, protocol) = (arguments.UInt32(), arguments.UInt32(), arguments.UInt32());
        arguments.UInt32();
        if (!arguments.IsOk)
            request.Fail(AcceptStatus.GarbageArguments);
        else if (protocol is RpcTransports.TcpProtocol or RpcTransports.UdpProtocol)
            Answer(request, (uint)table.Find(program, version, RpcTransports.Of(false, protocol == RpcTransports.UdpProtocol), isExact: false));
        else
            Answer(request, 0);
    }

    private void DumpPorts(RpcRequest request)
    {
        const int entryBytes = 5 * 4;
        var results = request.BeginResults((table.All.Count * entryBytes) + 4);
        foreach (var entry in table.All)
        {
            if (entry.Transport.IsVersion6())
                continue;
            results.Boolean(true);
            results.UInt32(entry.Program);
            results.UInt32(entry.Version);
            results.UInt32(entry.Transport.IsDatagram() ? RpcTransports.UdpProtocol : RpcTransports.TcpProtocol);
            results.UInt32((uint)entry.Port);
        }

        results.Boolean(false);
        request.Succeed(results);
    }

    private static void Answer(RpcRequest request, uint number)
    {
        var results = request.BeginResults(4);
        results.UInt32(number);
        request.Succeed(results);
    }
}
