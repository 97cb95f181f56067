using System.Runtime.Intrinsics.X86;

namespace Uss.Runtime;

/// <summary>CRC-32C (Castagnoli), as iSCSI (RFC 7143, 13.1) and the store use it.</summary>
public static class Crc32C
{
    /// <summary>The checksum of <paramref name="data"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>The checksum of the bytes that gave <paramref name="checksum"/> followed by <paramref name="data"/>.</summary>
    public static uint Append(uint checksum, ReadOnlySpan<byte> data)
    {
        var crc = ~checksum;
        foreach (var b in data)
            crc = Sse42.IsSupported ? Sse42.Crc32(crc, b) : Step(crc, b);
        return ~crc;
    }

    private static uint Step(uint crc, byte b)
    {
        crc ^= b;
        for (var i = 0; i < 8; i++)
            crc = (crc >> 1) ^ (0x82F63B78u & (uint)-(int)(crc & 1));
        return crc;
    }
}
