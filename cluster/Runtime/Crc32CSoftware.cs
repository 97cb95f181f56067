using System.Buffers.Binary;

namespace Uss.Runtime;

/// <summary>
/// CRC-32C without the processor's help, and the arithmetic behind it. Polynomials are bit-reflected: x^0 is the top bit.
/// </summary>
internal static class Crc32CSoftware
{
    // The Castagnoli polynomial, reflected.
    private const uint Polynomial = 0x82F63B78;

    private const int Slices = 8;

    // x has this order modulo the polynomial, which is (x + 1) times a primitive one of degree 31.
    private const long OrderOfX = (1L << 31) - 1;

    // Slice n holds the effect of a byte that n more bytes follow (slicing-by-8; Kounavis and Berry, 2005).
    private static readonly uint[] Tables = MakeTables();

    // x^(2^n).
    private static readonly uint[] Powers = MakePowers();

    internal static uint Append(uint checksum, ReadOnlySpan<byte> data)
    {
        var crc = ~checksum;
        var tables = Tables.AsSpan();
        while (data.Length >= Slices)
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(data) ^ crc;
            var high = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
            crc = tables[(7 * 256) + (int)(low & 0xff)]
                ^ tables[(6 * 256) + (int)((low >> 8) & 0xff)]
                ^ tables[(5 * 256) + (int)((low >> 16) & 0xff)]
                ^ tables[(4 * 256) + (int)(low >> 24)]
                ^ tables[(3 * 256) + (int)(high & 0xff)]
                ^ tables[(2 * 256) + (int)((high >> 8) & 0xff)]
                ^ tables[256 + (int)((high >> 16) & 0xff)]
                ^ tables[(int)(high >> 24)];
            data = data[Slices..];
        }

        foreach (var b in data)
            crc = (crc >> 8) ^ tables[(int)((crc ^ b) & 0xff)];
        return ~crc;
    }

    /// <summary>The product modulo the polynomial.</summary>
    internal static uint Multiply(uint a, uint b)
    {
        var product = 0u;
        for (; a != 0; a <<= 1)
        {
            product ^= b & (uint)-(int)(a >> 31);
            b = TimesX(b);
        }

        return product;
    }

    /// <summary>x^<paramref name="exponent"/> modulo the polynomial; the exponent may be negative.</summary>
    internal static uint PowerOfX(long exponent)
    {
        var rest = ((exponent % OrderOfX) + OrderOfX) % OrderOfX;
        var power = 1u << 31;
        for (var n = 0; rest != 0; n++, rest >>= 1)
        {
            if ((rest & 1) != 0)
                power = Multiply(power, Powers[n]);
        }

        return power;
    }

    private static uint TimesX(uint a) => (a >> 1) ^ (Polynomial & (uint)-(int)(a & 1));

    private static uint[] MakeTables()
    {
        var tables = new uint[Slices * 256];
        for (var b = 0u; b < 256; b++)
        {
            var crc = b;
            for (var bit = 0; bit < 8; bit++)
                crc = TimesX(crc);
            tables[b] = crc;
        }

        for (var i = 256; i < tables.Length; i++)
            tables[i] = (tables[i - 256] >> 8) ^ tables[tables[i - 256] & 0xff];
        return tables;
    }

    private static uint[] MakePowers()
    {
        var powers = new uint[31];
        powers[0] = 1u << 30;
        for (var n = 1; n < powers.Length; n++)
            powers[n] = Multiply(powers[n - 1], powers[n - 1]);
        return powers;
    }
}
