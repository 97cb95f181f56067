using System.Buffers.Binary;
using System.Net;

namespace Uss.NfsFrontend.Nfs;

/// <summary>Names a client by its address alone: one that connects anew, or by several connections, is the same client.</summary>
internal static class ClientHash
{
    /// <summary>The same number for the same address at every front-end.</summary>
    public static ulong Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes) * 0x9E3779B97F4A7C15UL ^ BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
    }
}
