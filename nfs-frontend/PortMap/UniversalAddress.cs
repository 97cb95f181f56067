using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Uss.Runtime;

namespace Uss.NfsFrontend.PortMap;

/// <summary>
/// The two ways in which rpcbind writes an address (RFC 5665, 5.2.3): as text, the port's two bytes behind the host, such as
/// <c>192.0.2.1.8.1</c> for port 2049; and as the <c>struct sockaddr</c> of the server's machine, which for clients is opaque.
/// </summary>
public static class UniversalAddress
{
    /// <summary>Most bytes of a text: 45 of an address of IPv6 that ends as one of IPv4, 8 of the port, and some to spare.</summary>
    public const int MaximumText = 64;

    private const ushort InternetFamily = 2;
    private const ushort Internet6Family = 10;
    private const int InternetBytes = 16;
    private const int Internet6Bytes = 28;

    /// <summary>Writes an address as text, without the interface that a link-local one belongs to on this machine.</summary>
    public static string Format(Endpoint endpoint)
    {
        var address = endpoint.Address.AddressFamily == AddressFamily.InterNetworkV6
            ? new IPAddress(endpoint.Address.GetAddressBytes())
            : endpoint.Address;
        return string.Create(CultureInfo.InvariantCulture, $"{address}.{endpoint.Port >> 8}.{endpoint.Port & 0xFF}");
    }

    /// <summary>Reads a text; false when it is no address.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out Endpoint endpoint)
    {
        endpoint = default;
        var low = text.Length > MaximumText ? -1 : text.LastIndexOf((byte)'.');
        var high = low <= 0 ? -1 : text[..low].LastIndexOf((byte)'.');
        if (high <= 0 || !TryParseByte(text[(high + 1)..low], out var first) || !TryParseByte(text[(low + 1)..], out var second))
            return false;
        if (!IPAddress.TryParse(Encoding.Latin1.GetString(text[..high]), out var address))
            return false;
        endpoint = new Endpoint(address, (first << 8) | second);

        // What the parser lets pass beyond the standard: octal and hexadecimal parts, missing parts, brackets.
        return text.SequenceEqual(Encoding.ASCII.GetBytes(Format(endpoint))) || address.AddressFamily == AddressFamily.InterNetworkV6;
    }

    /// <summary>The bytes of <c>struct sockaddr_in</c> or <c>sockaddr_in6</c> as Linux has them on little-endian processors.</summary>
    public static byte[] ToSocketAddress(Endpoint endpoint)
    {
        var isVersion6 = endpoint.Address.AddressFamily == AddressFamily.InterNetworkV6;
        var bytes = new byte[isVersion6 ? Internet6Bytes : InternetBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, isVersion6 ? Internet6Family : InternetFamily);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)endpoint.Port);
        endpoint.Address.TryWriteBytes(bytes.AsSpan(isVersion6 ? 8 : 4), out _);
        return bytes;
    }

    /// <summary>Reads such bytes; false when they are none.</summary>
    public static bool TryParseSocketAddress(ReadOnlySpan<byte> bytes, out Endpoint endpoint)
    {
        endpoint = default;
        var family = bytes.Length < 2 ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        var isVersion4 = family == InternetFamily && bytes.Length >= InternetBytes;
        if (!isVersion4 && !(family == Internet6Family && bytes.Length >= Internet6Bytes))
            return false;
        endpoint = new Endpoint(new IPAddress(isVersion4 ? bytes.Slice(4, 4) : bytes.Slice(8, 16)), BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
        return true;
    }

    private static bool TryParseByte(ReadOnlySpan<byte> text, out int value)
    {
        var isNumber = byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed);
        value = parsed;
        return isNumber;
    }
}
