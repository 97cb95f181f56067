using System.Net;
using System.Net.Sockets;
using System.Text;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;

namespace Uss.NfsFrontend.PortMap;

// rpcbind (RFC 1833, 2). A mapping there is: program, version, network identifier, universal address, owner.
public sealed partial class PortMapProgram
{
    private const int MaximumString = 1024;

    // Each text with its length and padding.
    private const int LongestAddress = 4 + UniversalAddress.MaximumText;
    private const int LongestNetId = 4 + 4;

    private void HandleRpcBind(RpcRequest request)
    {
        var procedure = (RpcBindProcedure)request.Call.Procedure;
        if (request.Call.Version < RpcBind4 && procedure >= RpcBindProcedure.GetVersionAddress)
        {
            request.Fail(AcceptStatus.ProcedureUnavailable);
            return;
        }

        switch (procedure)
        {
            case RpcBindProcedure.Null:
                request.Succeed();
                break;
            case RpcBindProcedure.Set or RpcBindProcedure.Unset:
                Answer(request, 0);
                break;
            case RpcBindProcedure.GetAddress or RpcBindProcedure.GetVersionAddress:
                GetAddress(request, isExact: procedure == RpcBindProcedure.GetVersionAddress);
                break;
            case RpcBindProcedure.Dump:
                DumpAddresses(request);
                break;
            case RpcBindProcedure.CallIt:
                break;
            case RpcBindProcedure.GetTime:
                Answer(request, (uint)reactor.UtcNow.ToUnixTimeSeconds());
                break;
            case RpcBindProcedure.ToTransportAddress:
                ToTransportAddress(request);
                break;
            case RpcBindProcedure.ToUniversalAddress:
                ToUniversalAddress(request);
                break;
            case RpcBindProcedure.GetAddressList:
                GetAddressList(request);
                break;
            case RpcBindProcedure.GetStatistics:
                GetStatistics(request);
                break;
            default:
                request.Fail(AcceptStatus.ProcedureUnavailable);
                break;
        }
    }

    private void GetAddress(RpcRequest request, bool isExact)
    {
        if (!TryReadMapping(request, out var mapping))
            return;
        var transport = RpcTransports.Parse(mapping.NetId.In(request.Message)) ?? RpcTransports.Of(IsVersion6(request.Client), request.IsDatagram);
        var port = table.Find(mapping.Program, mapping.Version, transport, isExact);
        var address = port == 0 ? "" : UniversalAddress.Format(new Endpoint(AddressFor(request, mapping, transport), port));
        AnswerText(request, address);
    }

    private void DumpAddresses(RpcRequest request)
    {
        var owner = "superuser"u8;
        var results = request.BeginResults((table.All.Count * (12 + LongestNetId + LongestAddress + 16)) + 4);
        foreach (var entry in table.All)
        {
            var any = entry.Transport.IsVersion6() ? IPAddress.IPv6Any : IPAddress.Any;
            results.Boolean(true);
            results.UInt32(entry.Program);
            results.UInt32(entry.Version);
            results.Opaque(entry.Transport.NetId());
            results.Opaque(Encoding.ASCII.GetBytes(UniversalAddress.Format(new Endpoint(any, entry.Port))));
            results.Opaque(owner);
        }

        results.Boolean(false);
        request.Succeed(results);
    }

    // An entry (2.1, rpcb_entry): address, network identifier, semantics, family and protocol.
    private void GetAddressList(RpcRequest request)
    {
        const uint connectionless = 1;
        const uint orderedRelease = 3;
        if (!TryReadMapping(request, out var mapping))
            return;
        var results = request.BeginResults((table.All.Count * (4 + LongestAddress + LongestNetId + 4 + 12 + 8)) + 4);
        foreach (var entry in table.All)
        {
            if (entry.Program != mapping.Program || entry.Version != mapping.Version)
                continue;
            var endpoint = new Endpoint(AddressFor(request, mapping, entry.Transport), entry.Port);
            results.Boolean(true);
            results.Opaque(Encoding.ASCII.GetBytes(UniversalAddress.Format(endpoint)));
            results.Opaque(entry.Transport.NetId());
            results.UInt32(entry.Transport.IsDatagram() ? connectionless : orderedRelease);
            results.Opaque(entry.Transport.IsVersion6() ? "inet6"u8 : "inet"u8);
            results.Opaque(entry.Transport.IsDatagram() ? "udp"u8 : "tcp"u8);
        }

        results.Boolean(false);
        request.Succeed(results);
    }

    // No counts are kept: for each of the three versions 13 procedures, SET, UNSET, and two empty lists (2.1, rpcb_stat_byvers).
    private static void GetStatistics(RpcRequest request)
    {
        const int numbers = 3 * (13 + 2 + 2);
        var results = request.BeginResults(numbers * 4);
        for (var i = 0; i < numbers; i++)
            results.UInt32(0);
        request.Succeed(results);
    }

    // A netbuf (2.1): room, bytes.
    private static void ToTransportAddress(RpcRequest request)
    {
        var arguments = request.Arguments;
        var text = arguments.Opaque(MaximumString);
        if (!arguments.IsOk)
        {
            request.Fail(AcceptStatus.GarbageArguments);
            return;
        }

        var bytes = UniversalAddress.TryParse(text.In(request.Message), out var endpoint) ? UniversalAddress.ToSocketAddress(endpoint) : [];
        var results = request.BeginResults(8 + bytes.Length);
        results.UInt32((uint)bytes.Length);
        results.Opaque(bytes);
        request.Succeed(results);
    }

    private static void ToUniversalAddress(RpcRequest request)
    {
        var arguments = request.Arguments;
        arguments.UInt32();
        var bytes = arguments.Opaque(MaximumString);
        if (!arguments.IsOk)
            request.Fail(AcceptStatus.GarbageArguments);
        else
            AnswerText(request, UniversalAddress.TryParseSocketAddress(bytes.In(request.Message), out var at) ? UniversalAddress.Format(at) : "");
    }

    // The address that the caller asks, in the family that it asks for: where its call arrived, or else where it says that it went.
    private static IPAddress AddressFor(RpcRequest request, in Mapping mapping, RpcTransport transport)
    {
        var here = request.Server.Address;
        here = here.IsIPv4MappedToIPv6 ? here.MapToIPv4() : here;
        var family = transport.IsVersion6() ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        var any = transport.IsVersion6() ? IPAddress.IPv6Any : IPAddress.Any;
        if (here.AddressFamily == family && !here.Equals(any))
            return here;
        return UniversalAddress.TryParse(mapping.Address.In(request.Message), out var hint) && hint.Address.AddressFamily == family ? hint.Address : any;
    }

    private static bool IsVersion6(Endpoint client) =>
        client.Address.AddressFamily == AddressFamily.InterNetworkV6 && !client.Address.IsIPv4MappedToIPv6;

    private static bool TryReadMapping(RpcRequest request, out Mapping mapping)
    {
        var reader = request.Arguments;
        mapping = new Mapping(reader.UInt32(), reader.UInt32(), reader.Opaque(MaximumString), reader.Opaque(MaximumString));
        reader.Opaque(MaximumString);
        if (!reader.IsOk)
            request.Fail(AcceptStatus.GarbageArguments);
        return reader.IsOk;
    }

    private static void AnswerText(RpcRequest request, string text)
    {
        var results = request.BeginResults(LongestAddress);
        results.Opaque(Encoding.ASCII.GetBytes(text));
        request.Succeed(results);
    }

    private readonly record struct Mapping(uint Program, uint Version, XdrBytes NetId, XdrBytes Address);
}
