using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Target.Scsi;

/// <summary>
/// WRITE SAME (10) and (16) (SBC-4, 5.51 and 5.52). Zeros are not written but unmapped, which is what reading them back
/// cannot tell apart and a thin logical unit may do of itself (SBC-4, 4.7.3.5). With UNMAP set the blocks are unmapped
/// whatever the block of data holds, as initiators and other targets understand it.
/// </summary>
internal static class WriteSame
{
    // Memory that one command takes for copies of its block, in bytes.
    private const int ChunkBytes = 1 << 20;

    private const int NoDataOut = 0x01;
    private const int UnmapBit = 0x08;

    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var extent = BlockCdb.Read(command.Cdb);
        ulong count = extent.Count;

        // WSNZ is 0: no length means up to the end of the medium.
        if (count == 0 && extent.Lba <= view.Unit.Blocks)
            count = view.Unit.Blocks - extent.Lba;
        if (!view.Unit.Contains(extent.Lba, count))
            return command.Fail(view, Sense.Illegal(AdditionalSense.LogicalBlockAddressOutOfRange));
        if (count > BlockLimits.MaximumWriteSame)
            return command.Fail(view, Sense.InvalidCdbField(BlockCdb.LengthField(command.Cdb[0])));

        var hasData = command.Cdb[0] == OperationCode.WriteSame10 || (command.Cdb[1] & NoDataOut) == 0;
        var isUnmap = (command.Cdb[1] & UnmapBit) != 0;
        if (!DataOut.IsExactly(command, view, hasData ? LogicalUnit.BlockBytes : 0))
            return default;
        if (count == 0)
            return command.Good();
        var offset = (long)extent.Lba << LogicalUnit.BlockShift;
        var length = (long)count << LogicalUnit.BlockShift;
        return isUnmap || !hasData || !command.DataOut.Span.ContainsAnyExcept((byte)0)
            ? Discard(command, view, offset, length)
            : Write(device, command, view, offset, length);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask Discard(ScsiCommand command, LunView view, long offset, long length) =>
        ReadWrite.EndChange(command, view, await view.Unit.Volume.DiscardAsync(offset, length));

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask Write(ScsiDevice device, ScsiCommand command, LunView view, long offset, long length)
    {
        var buffer = device.Buffers.Rent((int)Math.Min(length, ChunkBytes));
        FillWith(buffer.Slice(0, (int)Math.Min(length, ChunkBytes)), command.DataOut);
        var result = VolumeResult.Ok;
        for (var end = offset + length; offset < end && result.IsOk && !command.IsAborted;)
        {
            // Chunks end on page boundaries, so that all but the first start on one.
            var chunk = (int)Math.Min(end - offset, ChunkBytes - (offset & (BufferPool.MinimumBytes - 1)));
            result = await view.Unit.Volume.WriteAsync(offset, buffer.Slice(0, chunk));
            offset += chunk;
        }

        buffer.Release();
        ReadWrite.EndChange(command, view, result);
    }

    private static void FillWith(BufferSlice target, BufferSlice block)
    {
        for (var i = 0; i < target.Length; i += LogicalUnit.BlockBytes)
            block.Span.CopyTo(target.Span[i..]);
    }
}
