using System.Buffers.Binary;

namespace Uss.Target.Scsi.Copy;

/// <summary>The block device to block device segment descriptor (SPC-5, 6.4.6.3).</summary>
/// <param name="Source">Index of the source's CSCD descriptor.</param>
/// <param name="Target">Index of the destination's CSCD descriptor.</param>
/// <param name="Blocks">Number of blocks.</param>
/// <param name="SourceLba">First block to read.</param>
/// <param name="TargetLba">First block to write.</param>
internal readonly record struct CopySegment(int Source, int Target, uint Blocks, ulong SourceLba, ulong TargetLba)
{
    /// <summary>Length in bytes.</summary>
    public const int Length = 28;

    /// <summary>DESCRIPTOR TYPE CODE.</summary>
    public const byte TypeCode = 0x02;

    /// <summary>Reads the fields.</summary>
    public static CopySegment Read(ReadOnlySpan<byte> descriptor) => new(
        BinaryPrimitives.ReadUInt16BigEndian(descriptor[4..]),
        BinaryPrimitives.ReadUInt16BigEndian(descriptor[6..]),
        BinaryPrimitives.ReadUInt16BigEndian(descriptor[10..]),
        BinaryPrimitives.ReadUInt64BigEndian(descriptor[12..]),
        BinaryPrimitives.ReadUInt64BigEndian(descriptor[20..]));
}
