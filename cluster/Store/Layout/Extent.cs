using System.Runtime.InteropServices;

namespace Uss.Store;

/// <summary>A run of blocks on the disk, 8 bytes: address in 48 bits, length in 16.</summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
internal readonly record struct Extent
{
    /// <summary>Most blocks of one extent.</summary>
    public const int MaximumLength = ushort.MaxValue;

    private readonly ulong _value;

    /// <summary>Creates an extent.</summary>
    public Extent(ulong address, int length) => _value = address | ((ulong)length << 48);

    /// <summary>Block number of the first block.</summary>
    public ulong Address => _value & ((1UL << 48) - 1);

    /// <summary>Blocks.</summary>
    public int Length => (int)(_value >> 48);
}
