using System.Net.Sockets;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// Looks at every packet of a sandbox's network (packet(7)) and seeks bytes in those of TCP that go to or from the ports
/// that it watches.
/// </summary>
internal sealed class PacketSearch
{
    // ETH_P_ALL in network order.
    private const ProtocolType AllProtocols = (ProtocolType)0x0300;
    private const int EthernetBytes = 14;
    private const int TcpProtocol = 6;

    private readonly byte[] _sought;
    private readonly Dictionary<int, (long Bytes, int Finds)> _ports;
    private readonly TaskCompletionSource _looking = new();
    private readonly Task _running;
    private volatile bool _isOver;

    /// <summary>Begins to look.</summary>
    /// <param name="sandbox">Whose network.</param>
    /// <param name="sought">What is sought within a packet.</param>
    /// <param name="ports">The ports to watch.</param>
    public PacketSearch(Sandbox sandbox, byte[] sought, params int[] ports)
    {
        _sought = sought;
        _ports = ports.ToDictionary(port => port, _ => (0L, 0));
        _running = sandbox.RunInNetwork(Look);
        Task.WaitAny(_looking.Task, _running);
    }

    /// <summary>Ends it.</summary>
    /// <returns>For each port the bytes of its packets, and how many of them hold what is sought.</returns>
    public IReadOnlyDictionary<int, (long Bytes, int Finds)> End()
    {
        _isOver = true;
        _running.GetAwaiter().GetResult();
        return _ports;
    }

    private void Look()
    {
        using var socket = new Socket(AddressFamily.Packet, SocketType.Raw, AllProtocols)
        {
            ReceiveTimeout = 100,
            ReceiveBufferSize = 64 << 20,
        };
        _looking.SetResult();
        var frame = new byte[1 << 17];
        while (!_isOver)
        {
            try
            {
                Count(frame.AsSpan(0, socket.Receive(frame)));
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                // A quiet moment.
            }
        }
    }

    // IPv4 alone: RFC 791, section 3.1; RFC 9293, section 3.1.
    private void Count(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < EthernetBytes + 40 || frame[EthernetBytes + 9] != TcpProtocol)
            return;
        var tcp = frame[(EthernetBytes + (4 * (frame[EthernetBytes] & 15)))..];
        foreach (var port in (int[])[(tcp[0] << 8) | tcp[1], (tcp[2] << 8) | tcp[3]])
        {
            if (_ports.TryGetValue(port, out var count))
                _ports[port] = (count.Bytes + tcp.Length, count.Finds + (tcp.IndexOf(_sought) >= 0 ? 1 : 0));
        }
    }
}
