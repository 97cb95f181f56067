using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Target.Scsi;

/// <summary>
/// COMPARE AND WRITE (SBC-4, 5.3). The volume does both in one step, atomic against every overlapping operation.
/// </summary>
internal static class CompareAndWrite
{
    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var extent = BlockCdb.ReadCompareAndWrite(command.Cdb);
        if (!ReadWrite.Check(command, view, extent, BlockLimits.MaximumCompareAndWrite))
            return default;
        var length = (int)extent.Count << LogicalUnit.BlockShift;
        if (!DataOut.IsExactly(command, view, 2L * length, Sense.InvalidCdbField(13)))
            return default;
        if (length == 0)
            return command.Good();
        var offset = (long)extent.Lba << LogicalUnit.BlockShift;
        return Run(command, view, offset, command.DataOut.Slice(0, length), command.DataOut.Slice(length, length));
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask Run(ScsiCommand command, LunView view, long offset, BufferSlice expected, BufferSlice source)
    {
        var result = await view.Unit.Volume.CompareAndWriteAsync(offset, expected, source);
        if (result.Status == VolumeStatus.Miscompare)
        {
            // INFORMATION: offset of the first byte that differs (SBC-4, 5.3).
            var sense = new Sense(SenseKey.Miscompare, AdditionalSense.MiscompareDuringVerify).WithInformation((ulong)result.Offset);
            await command.Fail(view, sense);
            return;
        }

        ReadWrite.EndChange(command, view, result);
    }
}
