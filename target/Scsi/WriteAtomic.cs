namespace Uss.Target.Scsi;

/// <summary>
/// WRITE ATOMIC (16) (SBC-4, 5.50): after a crash either all of it is there or nothing. The store keeps that promise
/// within one of its objects; an extent that crosses into the next is refused.
/// </summary>
internal static class WriteAtomic
{
    // Blocks of one object of the store, 4 MiB.
    private const ulong ObjectBlocks = 8192;

    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var extent = BlockCdb.ReadWriteAtomic(command.Cdb);
        if (!ReadWrite.Check(command, view, extent, BlockLimits.MaximumAtomic))
            return default;
        if (extent.Count > 0 && extent.Lba / ObjectBlocks != (extent.Lba + extent.Count - 1) / ObjectBlocks)
            return command.Fail(view, Sense.InvalidCdbField(2));

        // A part of it would not be atomic.
        if (!DataOut.IsExactly(command, view, (long)extent.Count << LogicalUnit.BlockShift))
            return default;
        return ReadWrite.Write(command, view, extent);
    }
}
