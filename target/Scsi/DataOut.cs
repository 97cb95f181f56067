using System.Buffers.Binary;

namespace Uss.Target.Scsi;

/// <summary>How much data-out a command takes.</summary>
internal static class DataOut
{
    /// <summary>
    /// Bytes that a command takes. 0 for a command that will be refused for its address or length, so that nothing is
    /// asked for that nobody will look at.
    /// </summary>
    public static long LengthOf(DataOutRule rule, ReadOnlySpan<byte> cdb, LogicalUnit unit)
    {
        switch (rule)
        {
            case DataOutRule.Blocks:
                return Extent(cdb, unit, BlockLimits.MaximumTransfer);
            case DataOutRule.AtomicBlocks:
                return Extent(cdb, unit, BlockLimits.MaximumAtomic);
            case DataOutRule.VerifyBlocks:
                return (cdb[1] & 0x06) switch
                {
                    0x02 => Extent(cdb, unit, BlockLimits.MaximumTransfer),
                    0x06 => LogicalUnit.BlockBytes,
                    _ => 0,
                };
            case DataOutRule.TwiceBlocks:
                return 2 * Extent(cdb, unit, BlockLimits.MaximumCompareAndWrite);
            case DataOutRule.OneBlock:
                return LogicalUnit.BlockBytes;
            case DataOutRule.OneBlockUnlessNdob:
                return (cdb[1] & 0x01) != 0 ? 0 : LogicalUnit.BlockBytes;
            case DataOutRule.ParameterListAt4:
                return cdb[4];
            case DataOutRule.ParameterListAt7:
                return BinaryPrimitives.ReadUInt16BigEndian(cdb[7..]);
            case DataOutRule.ParameterListAt5:
                return BoundedList(BinaryPrimitives.ReadUInt32BigEndian(cdb[5..]));
            case DataOutRule.ParameterListAt10:
                return BoundedList(BinaryPrimitives.ReadUInt32BigEndian(cdb[10..]));
            case DataOutRule.None:
            default:
                return 0;
        }
    }

    /// <summary>
    /// For commands whose data has one meaning only as a whole: false, with nothing done, when the initiator offers less
    /// or more than the command takes.
    /// </summary>
    public static bool IsExactly(ScsiCommand command, LunView view, long length, Sense? sense = null)
    {
        command.TransferLength = length;
        if (command.DataOut.Length == length && command.DataOutOffered <= length)
            return true;
        command.Fail(view, sense ?? Sense.Illegal(AdditionalSense.InvalidFieldInCommandInformationUnit));
        command.TransferLength = length;
        return false;
    }

    private static long Extent(ReadOnlySpan<byte> cdb, LogicalUnit unit, uint maximumBlocks)
    {
        var extent = BlockCdb.Read(cdb);
        return extent.Count <= maximumBlocks && unit.Contains(extent.Lba, extent.Count) ? (long)extent.Count << LogicalUnit.BlockShift : 0;
    }

    // Parameter lists with 32-bit lengths are refused above 64 KiB; see the commands.
    private static long BoundedList(uint length) => length <= ushort.MaxValue ? length : 0;
}
