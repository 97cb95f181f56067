namespace Uss.Target.Scsi;

/// <summary>What a command may ask for at most, as the Block Limits VPD page tells (SBC-4, 6.6.5). Lengths in logical blocks.</summary>
internal static class BlockLimits
{
    /// <summary>MAXIMUM TRANSFER LENGTH: 16 MiB, the largest buffer.</summary>
    public const uint MaximumTransfer = 32768;

    /// <summary>OPTIMAL TRANSFER LENGTH: 1 MiB.</summary>
    public const uint OptimalTransfer = 2048;

    /// <summary>OPTIMAL TRANSFER LENGTH GRANULARITY: one block of the store, 4 KiB.</summary>
    public const ushort OptimalGranularity = 8;

    /// <summary>MAXIMUM COMPARE AND WRITE LENGTH: the most that its 8-bit field can say.</summary>
    public const byte MaximumCompareAndWrite = 255;

    /// <summary>MAXIMUM UNMAP LBA COUNT, over all descriptors of a command: 512 MiB.</summary>
    public const uint MaximumUnmap = 1 << 20;

    /// <summary>MAXIMUM UNMAP BLOCK DESCRIPTOR COUNT.</summary>
    public const uint MaximumUnmapDescriptors = 256;

    /// <summary>OPTIMAL UNMAP GRANULARITY: one block of the store.</summary>
    public const uint UnmapGranularity = 8;

    /// <summary>MAXIMUM WRITE SAME LENGTH: as much as a write, so that a command stays bounded in time.</summary>
    public const uint MaximumWriteSame = MaximumTransfer;

    /// <summary>MAXIMUM ATOMIC TRANSFER LENGTH: 1 MiB.</summary>
    public const uint MaximumAtomic = 2048;
}
