using System.Runtime.InteropServices;

namespace Uss.Store;

/// <summary>What a layer knows of one block: where it lies, its version and its checksum. 16 bytes in memory.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal readonly record struct MapEntry
{
    private const ulong Low48 = (1UL << 48) - 1;

    // Version in the low 48 bits, the address' bits 32 to 47 above.
    private readonly ulong _versionAndHigh;
    private readonly uint _addressLow;

    /// <summary>Creates an entry.</summary>
    /// <param name="address">Block number on the disk; 0 for a hole.</param>
    /// <param name="version">Version of the block's last change.</param>
    /// <param name="checksum">CRC-32C of the block; 0 for a hole.</param>
    public MapEntry(ulong address, ulong version, uint checksum)
    {
        _versionAndHigh = (version & Low48) | (address >> 32 << 48);
        _addressLow = (uint)address;
        Checksum = checksum;
    }

    /// <summary>Block number on the disk; 0 for a hole, where the superblock lies.</summary>
    public ulong Address => (_versionAndHigh >> 48 << 32) | _addressLow;

    /// <summary>Version of the block's last change.</summary>
    public ulong Version => _versionAndHigh & Low48;

    /// <summary>CRC-32C of the block.</summary>
    public uint Checksum { get; }

    /// <summary>True when the block was discarded: it reads as zeros and hides older layers.</summary>
    public bool IsHole => Address == 0;

    /// <summary>A discarded block.</summary>
    public static MapEntry Hole(ulong version) => new(0, version, 0);
}
