using System.Buffers.Binary;

namespace Uss.Target.Scsi;

/// <summary>
/// Address and length of a block command, in whichever of the four layouts its operation code's group has
/// (SPC-5, 4.2.2): 6, 10, 12 or 16 bytes.
/// </summary>
/// <param name="Lba">First logical block.</param>
/// <param name="Count">Number of logical blocks.</param>
internal readonly record struct BlockCdb(ulong Lba, uint Count)
{
    /// <summary>READ (6) and WRITE (6): 21-bit address; a length of 0 means 256 blocks (SBC-4, 5.15).</summary>
    public static BlockCdb Read6(ReadOnlySpan<byte> cdb) =>
        new(BinaryPrimitives.ReadUInt32BigEndian(cdb) & 0x1F_FFFF, cdb[4] == 0 ? 256u : cdb[4]);

    /// <summary>32-bit address at byte 2, 16-bit length at byte 7.</summary>
    public static BlockCdb Read10(ReadOnlySpan<byte> cdb) =>
        new(BinaryPrimitives.ReadUInt32BigEndian(cdb[2..]), BinaryPrimitives.ReadUInt16BigEndian(cdb[7..]));

    /// <summary>32-bit address at byte 2, 32-bit length at byte 6.</summary>
    public static BlockCdb Read12(ReadOnlySpan<byte> cdb) =>
        new(BinaryPrimitives.ReadUInt32BigEndian(cdb[2..]), BinaryPrimitives.ReadUInt32BigEndian(cdb[6..]));

    /// <summary>64-bit address at byte 2, 32-bit length at byte 10.</summary>
    public static BlockCdb Read16(ReadOnlySpan<byte> cdb) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(cdb[2..]), BinaryPrimitives.ReadUInt32BigEndian(cdb[10..]));

    /// <summary>COMPARE AND WRITE: 64-bit address at byte 2, 8-bit length at byte 13.</summary>
    public static BlockCdb ReadCompareAndWrite(ReadOnlySpan<byte> cdb) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(cdb[2..]), cdb[13]);

    /// <summary>WRITE ATOMIC (16): 64-bit address at byte 2, 16-bit length at byte 12.</summary>
    public static BlockCdb ReadWriteAtomic(ReadOnlySpan<byte> cdb) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(cdb[2..]), BinaryPrimitives.ReadUInt16BigEndian(cdb[12..]));

    /// <summary>Reads any of them, by the operation code.</summary>
    public static BlockCdb Read(ReadOnlySpan<byte> cdb) => cdb[0] switch
    {
        OperationCode.CompareAndWrite => ReadCompareAndWrite(cdb),
        OperationCode.WriteAtomic16 => ReadWriteAtomic(cdb),
        < 0x20 => Read6(cdb),
        < 0x60 => Read10(cdb),
        < 0xA0 => Read16(cdb),
        _ => Read12(cdb),
    };

    /// <summary>Byte of the CDB where the transfer length field of the layout starts; for field pointers.</summary>
    public static int LengthField(byte operationCode) => operationCode switch
    {
        OperationCode.CompareAndWrite => 13,
        OperationCode.WriteAtomic16 => 12,
        < 0x20 => 4,
        < 0x60 => 7,
        < 0xA0 => 10,
        _ => 6,
    };
}
