using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Uss.Runtime;

/// <summary>CRC-32C (Castagnoli), as iSCSI (RFC 7143, 13.1) and the store use it.</summary>
/// <remarks>
/// The processor's instruction takes 8 bytes a cycle but answers after three, so long data is worked as three streams
/// at a time. Their checksums are joined by carry-less multiplication: a stream followed by n bits is worth its checksum
/// times x^n, and the instruction itself reduces products modulo the polynomial (Gopal et al., "Fast CRC Computation for
/// iSCSI Polynomial Using CRC32 Instruction", Intel, 2011).
/// </remarks>
public static class Crc32C
{
    // Three of these and 16 bytes are one 4 KiB block.
    private const int LongStreamBytes = 1360;

    // Three of these are the least that pays for joining.
    private const int ShortStreamBytes = 80;

    private static readonly uint LongOnce = ShiftFactor(LongStreamBytes);
    private static readonly uint LongTwice = ShiftFactor(LongStreamBytes * 2);
    private static readonly uint ShortOnce = ShiftFactor(ShortStreamBytes);
    private static readonly uint ShortTwice = ShiftFactor(ShortStreamBytes * 2);

    /// <summary>The checksum of <paramref name="data"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>The checksum of the bytes that gave <paramref name="checksum"/> followed by <paramref name="data"/>.</summary>
    public static uint Append(uint checksum, ReadOnlySpan<byte> data)
    {
        if (!Sse42.X64.IsSupported && !System.Runtime.Intrinsics.Arm.Crc32.Arm64.IsSupported)
            return Crc32CSoftware.Append(checksum, data);
        var crc = ~checksum;
        ref var next = ref MemoryMarshal.GetReference(data);
        var remaining = data.Length;
        if (Sse42.X64.IsSupported && Pclmulqdq.IsSupported && remaining >= 3 * ShortStreamBytes)
        {
            for (; remaining >= 3 * LongStreamBytes; remaining -= 3 * LongStreamBytes)
            {
                crc = ThreeStreams(crc, ref next, LongStreamBytes, LongTwice, LongOnce);
                next = ref Unsafe.Add(ref next, 3 * LongStreamBytes);
            }

            for (; remaining >= 3 * ShortStreamBytes; remaining -= 3 * ShortStreamBytes)
            {
                crc = ThreeStreams(crc, ref next, ShortStreamBytes, ShortTwice, ShortOnce);
                next = ref Unsafe.Add(ref next, 3 * ShortStreamBytes);
            }
        }

        for (; remaining >= sizeof(ulong); remaining -= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, Unsafe.ReadUnaligned<ulong>(ref next));
            next = ref Unsafe.Add(ref next, sizeof(ulong));
        }

        for (; remaining > 0; remaining--)
        {
            crc = BitOperations.Crc32C(crc, next);
            next = ref Unsafe.Add(ref next, 1);
        }

        return ~crc;
    }

    /// <summary>
    /// The checksum of two pieces of data one after the other, from the checksum of each and the length of the second
    /// in bytes. Costs some nanoseconds, whatever the length.
    /// </summary>
    public static uint Combine(uint first, uint second, long secondBytes)
    {
        Invariant.Check(secondBytes >= 0);
        return Crc32CSoftware.Multiply(first, Crc32CSoftware.PowerOfX(secondBytes * 8)) ^ second;
    }

    // A product of two reflected 32-bit polynomials comes out multiplied by x, and the instruction multiplies by x^32.
    private static uint ShiftFactor(int bytes) => Crc32CSoftware.PowerOfX((bytes * 8) - 33);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint ThreeStreams(uint crc, ref byte start, int streamBytes, uint shiftTwice, uint shiftOnce)
    {
        ulong first = crc;
        ulong second = 0;
        ulong third = 0;
        ref var middle = ref Unsafe.Add(ref start, streamBytes);
        ref var last = ref Unsafe.Add(ref start, 2 * streamBytes);
        nint offset = 0;
        for (; offset < streamBytes - sizeof(ulong); offset += sizeof(ulong))
        {
            first = Sse42.X64.Crc32(first, Unsafe.ReadUnaligned<ulong>(ref Unsafe.AddByteOffset(ref start, offset)));
            second = Sse42.X64.Crc32(second, Unsafe.ReadUnaligned<ulong>(ref Unsafe.AddByteOffset(ref middle, offset)));
            third = Sse42.X64.Crc32(third, Unsafe.ReadUnaligned<ulong>(ref Unsafe.AddByteOffset(ref last, offset)));
        }

        first = Sse42.X64.Crc32(first, Unsafe.ReadUnaligned<ulong>(ref Unsafe.AddByteOffset(ref start, offset)));
        second = Sse42.X64.Crc32(second, Unsafe.ReadUnaligned<ulong>(ref Unsafe.AddByteOffset(ref middle, offset)));

        // The third stream's last bytes take the other two streams in and reduce all at once.
        var joined = Shift(first, shiftTwice) ^ Shift(second, shiftOnce);
        return (uint)Sse42.X64.Crc32(third, Unsafe.ReadUnaligned<ulong>(ref Unsafe.AddByteOffset(ref last, offset)) ^ joined);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Shift(ulong crc, uint factor) =>
        Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(crc), Vector128.CreateScalar((ulong)factor), 0).ToScalar();
}
