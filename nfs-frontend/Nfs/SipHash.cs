using System.Buffers.Binary;
using System.Numerics;

namespace Uss.NfsFrontend.Nfs;

/// <summary>
/// SipHash-2-4: a code of 64 bits for short messages that nobody can make without the key (Aumasson and Bernstein, "SipHash: a fast
/// short-input PRF", 2012).
/// </summary>
internal static class SipHash
{
    /// <summary>Bytes of a key.</summary>
    public const int KeyBytes = 16;

    /// <summary>The code of a message.</summary>
    /// <param name="key"><see cref="KeyBytes"/> bytes.</param>
    /// <param name="message">The message, of any length.</param>
    public static ulong Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message)
    {
        var (first, second) = (BinaryPrimitives.ReadUInt64LittleEndian(key), BinaryPrimitives.ReadUInt64LittleEndian(key[8..KeyBytes]));
        var v0 = first ^ 0x736F6D6570736575;
        var v1 = second ^ 0x646F72616E646F6D;
        var v2 = first ^ 0x6C7967656E657261;
        var v3 = second ^ 0x7465646279746573;
        var rest = message;
        for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
            Compress(ref v0, ref v1, ref v2, ref v3, BinaryPrimitives.ReadUInt64LittleEndian(rest));
        var last = (ulong)message.Length << 56;
        for (var index = 0; index < rest.Length; index++)
            last |= (ulong)rest[index] << (8 * index);
        Compress(ref v0, ref v1, ref v2, ref v3, last);
        v2 ^= 0xFF;
        for (var round = 0; round < 4; round++)
            Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static void Compress(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3, ulong word)
    {
        v3 ^= word;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= word;
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
