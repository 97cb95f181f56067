using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Target.Scsi;

/// <summary>
/// READ and WRITE (6), (10), (12) and (16) (SBC-4, 5.15 to 5.18 and 5.40 to 5.43). Every write is durable when it
/// completes, so FUA asks for nothing more; DPO is a hint.
/// </summary>
internal static class ReadWrite
{
    public static ValueTask Read6(ScsiDevice device, ScsiCommand command, LunView view) =>
        Read(device, command, view, BlockCdb.Read6(command.Cdb));

    public static ValueTask Read10(ScsiDevice device, ScsiCommand command, LunView view) =>
        Read(device, command, view, BlockCdb.Read10(command.Cdb));

    public static ValueTask Read12(ScsiDevice device, ScsiCommand command, LunView view) =>
        Read(device, command, view, BlockCdb.Read12(command.Cdb));

    public static ValueTask Read16(ScsiDevice device, ScsiCommand command, LunView view) =>
        Read(device, command, view, BlockCdb.Read16(command.Cdb));

    public static ValueTask Write6(ScsiDevice device, ScsiCommand command, LunView view) =>
        Write(command, view, BlockCdb.Read6(command.Cdb));

    public static ValueTask Write10(ScsiDevice device, ScsiCommand command, LunView view) =>
        Write(command, view, BlockCdb.Read10(command.Cdb));

    public static ValueTask Write12(ScsiDevice device, ScsiCommand command, LunView view) =>
        Write(command, view, BlockCdb.Read12(command.Cdb));

    public static ValueTask Write16(ScsiDevice device, ScsiCommand command, LunView view) =>
        Write(command, view, BlockCdb.Read16(command.Cdb));

    /// <summary>Checks address and length; false when the command has failed by them.</summary>
    public static bool Check(ScsiCommand command, LunView view, BlockCdb extent, uint maximumBlocks = BlockLimits.MaximumTransfer)
    {
        if (!view.Unit.Contains(extent.Lba, extent.Count))
        {
            command.Fail(view, Sense.Illegal(AdditionalSense.LogicalBlockAddressOutOfRange));
            return false;
        }

        if (extent.Count > maximumBlocks)
        {
            command.Fail(view, Sense.InvalidCdbField(BlockCdb.LengthField(command.Cdb[0])));
            return false;
        }

        return true;
    }

    /// <summary>
    /// What of a write's data the initiator sent, in whole blocks. False when the command has failed because it sent a
    /// part of a block: nothing is transferred then (the choice that FCP-4, 9.4.2 leaves and iSCSI targets share).
    /// </summary>
    public static bool TryGetData(ScsiCommand command, LunView view, uint blocks, out BufferSlice data)
    {
        var length = (long)blocks << LogicalUnit.BlockShift;
        data = command.DataOut;
        if (data.Length > length)
            data = data.Slice(0, (int)length);
        var isWhole = data.Length % LogicalUnit.BlockBytes == 0;
        if (!isWhole)
            command.Fail(view, Sense.Illegal(AdditionalSense.InvalidFieldInCommandInformationUnit));

        // Also after a failure: by how much the initiator's length misses the command's is what it has to know.
        command.TransferLength = length;
        return isWhole;
    }

    private static ValueTask Read(ScsiDevice device, ScsiCommand command, LunView view, BlockCdb extent)
    {
        if (!Check(command, view, extent))
            return default;
        var length = (int)extent.Count << LogicalUnit.BlockShift;
        command.TransferLength = length;

        // No more is read than the initiator takes.
        length = Math.Min(length, (command.DataInLimit + LogicalUnit.BlockBytes - 1) & -LogicalUnit.BlockBytes);
        if (length <= 0)
            return command.Good();

        var buffer = device.Buffers.Rent(length);
        var pending = view.Unit.Volume.ReadAsync((long)extent.Lba << LogicalUnit.BlockShift, buffer.Slice(0, length));
        if (!pending.IsCompletedSuccessfully)
            return FinishRead(command, view, buffer, length, pending);
        EndRead(command, view, buffer, length, pending.Result);
        return default;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask FinishRead(
        ScsiCommand command, LunView view, PageBuffer buffer, int length, ValueTask<VolumeResult> pending) =>
        EndRead(command, view, buffer, length, await pending);

    private static void EndRead(ScsiCommand command, LunView view, PageBuffer buffer, int length, VolumeResult result)
    {
        if (result.IsOk)
        {
            command.Status = ScsiStatus.Good;
            command.DataIn = buffer.Slice(0, Math.Min(length, command.DataInLimit));
            return;
        }

        buffer.Release();
        command.FailVolume(view, result);
    }

    /// <summary>Writes an extent.</summary>
    public static ValueTask Write(ScsiCommand command, LunView view, BlockCdb extent)
    {
        if (!Check(command, view, extent) || !TryGetData(command, view, extent.Count, out var data))
            return default;
        if (data.Length == 0)
            return command.Good();
        var pending = view.Unit.Volume.WriteAsync((long)extent.Lba << LogicalUnit.BlockShift, data);
        if (!pending.IsCompletedSuccessfully)
            return FinishWrite(command, view, pending);
        EndChange(command, view, pending.Result);
        return default;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask FinishWrite(ScsiCommand command, LunView view, ValueTask<VolumeResult> pending)
    {
        view.Enter();
        var result = await pending;
        view.Leave();
        EndChange(command, view, result);
    }

    /// <summary>Ends a command that changed the volume, or did not manage to.</summary>
    public static void EndChange(ScsiCommand command, LunView view, VolumeResult result)
    {
        if (result.IsOk)
            command.Status = ScsiStatus.Good;
        else
            command.FailVolume(view, result);
    }
}
