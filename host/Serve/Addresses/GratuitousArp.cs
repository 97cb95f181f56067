using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Uss.Host.Serve.Addresses;

/// <summary>Tells the neighbours on a network that an address is at this machine now (RFC 5227, 3: ARP announcements).</summary>
internal static class GratuitousArp
{
    private const ushort ArpType = 0x0806;
    private const int HardwareBytes = 6;
    private const int FrameBytes = 42;

    /// <summary>Sends one; that nobody hears it costs time, so what goes wrong is not told.</summary>
    public static void Send(IPAddress address, NetworkInterface device)
    {
        var hardware = device.GetPhysicalAddress().GetAddressBytes();
        if (address.AddressFamily != AddressFamily.InterNetwork || hardware.Length != HardwareBytes)
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)BinaryPrimitives.ReverseEndianness(ArpType));
            socket.SendTo(Frame(address.GetAddressBytes(), hardware), new DeviceEndPoint(device.GetIPProperties().GetIPv4Properties().Index));
        }
        catch (SocketException)
        {
            // Without CAP_NET_RAW neighbours find out when their entries grow old.
        }
    }

    private static byte[] Frame(byte[] address, byte[] hardware)
    {
        var frame = new byte[FrameBytes];
        frame.AsSpan(0, HardwareBytes).Fill(0xFF);
        hardware.CopyTo(frame, HardwareBytes);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), ArpType);

        // Ethernet, IPv4, lengths of both addresses, request; sender and target are the address itself.
        ReadOnlySpan<byte> head = [0, 1, 8, 0, HardwareBytes, 4, 0, 1];
        head.CopyTo(frame.AsSpan(14));
        hardware.CopyTo(frame, 22);
        address.CopyTo(frame, 28);
        address.CopyTo(frame, 38);
        return frame;
    }

    // sockaddr_ll (packet(7)).
    private sealed class DeviceEndPoint(int index) : EndPoint
    {
        private const int Bytes = 20;

        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, Bytes);
            BinaryPrimitives.WriteUInt16BigEndian(address.Buffer.Span[2..], ArpType);
            BinaryPrimitives.WriteInt32LittleEndian(address.Buffer.Span[4..], index);
            address.Buffer.Span[11] = HardwareBytes;
            address.Buffer.Span.Slice(12, HardwareBytes).Fill(0xFF);
            return address;
        }
    }
}
