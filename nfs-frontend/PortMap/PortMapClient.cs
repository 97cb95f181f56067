using System.Net;
using System.Net.Sockets;
using System.Text;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;

namespace Uss.NfsFrontend.PortMap;

/// <summary>Asks the port mapper of another machine (RFC 1833): over IPv4 by version 2, over IPv6 by version 4.</summary>
/// <param name="client">Calls it.</param>
public sealed class PortMapClient(RpcClient client)
{
    private const int Attempts = 3;
    private const uint Program = 100000;

    /// <summary>Where port mappers are.</summary>
    public int Port { get; init; } = 111;

    /// <summary>The port of a program; 0 when it is not there, or nobody answers.</summary>
    /// <param name="local">The address that the call comes from.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="program">The program.</param>
    /// <param name="version">Its version.</param>
    /// <param name="isDatagram">Whether by UDP, and not TCP.</param>
    public async ValueTask<int> FindAsync(IPAddress local, IPAddress machine, uint program, uint version, bool isDatagram)
    {
        var isVersion6 = machine.AddressFamily == AddressFamily.InterNetworkV6;
        var mapper = new Endpoint(machine, Port);
        var transport = RpcTransports.Of(isVersion6, isDatagram);
        var answer = isVersion6
            ? await client.CallDatagramAsync(
                local, mapper, new RpcProcedure(Program, 4, (uint)RpcBindProcedure.GetAddress), Mapping(program, version, transport, mapper), Attempts)
            : await client.CallDatagramAsync(
                local, mapper, new RpcProcedure(Program, 2, (uint)PortMapProcedure.GetPort), Mapping(program, version, transport), Attempts);
        return answer.Outcome == RpcOutcome.Answered ? ReadPort(answer.Results, isVersion6) : 0;
    }

    internal static int ReadPort(byte[] results, bool isVersion6)
    {
        var reader = new XdrReader(results);
        if (!isVersion6)
            return (int)reader.UInt32AtMost(ushort.MaxValue);
        var text = reader.Opaque(UniversalAddress.MaximumText);
        return reader.IsOk && UniversalAddress.TryParse(text.In(results), out var endpoint) ? endpoint.Port : 0;
    }

    private static byte[] Mapping(uint program, uint version, RpcTransport transport)
    {
        var bytes = new byte[4 * 4];
        var writer = new XdrWriter(bytes);
        writer.UInt32(program);
        writer.UInt32(version);
        writer.UInt32(transport.IsDatagram() ? RpcTransports.UdpProtocol : RpcTransports.TcpProtocol);
        writer.UInt32(0);
        return bytes;
    }

    private static byte[] Mapping(uint program, uint version, RpcTransport transport, Endpoint mapper)
    {
        var bytes = new byte[128];
        var writer = new XdrWriter(bytes);
        writer.UInt32(program);
        writer.UInt32(version);
        writer.Opaque(transport.NetId());
        writer.Opaque(Encoding.ASCII.GetBytes(UniversalAddress.Format(mapper)));
        writer.Opaque([]);
        return bytes[..writer.Position];
    }
}
