using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Target.Scsi;

/// <summary>Ways to end a command.</summary>
internal static class Response
{
    /// <summary>
    /// CHECK CONDITION in the sense format that the logical unit is set to. No data-in goes out; data-out that was
    /// received counts as transferred, so that residuals tell what crossed the wire.
    /// </summary>
    public static ValueTask Fail(this ScsiCommand command, LunView? view, in Sense sense)
    {
        command.Status = ScsiStatus.CheckCondition;
        command.SenseLength = sense.Write(command.Sense, view is { UsesDescriptorSense: true });
        command.TransferLength = command.DataOut.Length;
        return default;
    }

    /// <summary>A status without sense data, and without data-in.</summary>
    public static ValueTask End(this ScsiCommand command, ScsiStatus status)
    {
        command.Status = status;
        command.TransferLength = command.DataOut.Length;
        return default;
    }

    /// <summary>GOOD without data.</summary>
    public static ValueTask Good(this ScsiCommand command)
    {
        command.Status = ScsiStatus.Good;
        return default;
    }

    /// <summary>
    /// GOOD with parameter data: truncated to the allocation length (SPC-5, 4.2.5.6), then to what the initiator is
    /// ready to receive. Takes over the caller's reference to the buffer.
    /// </summary>
    public static ValueTask GoodWith(this ScsiCommand command, PageBuffer buffer, int length, long allocationLength)
    {
        var transfer = (int)Math.Min(length, allocationLength);
        var sent = Math.Min(transfer, command.DataInLimit);
        command.TransferLength = transfer;
        command.Status = ScsiStatus.Good;
        if (sent > 0)
            command.DataIn = buffer.Slice(0, sent);
        else
            buffer.Release();
        return default;
    }

    /// <summary>Ends a command by what the volume said. Not for <see cref="VolumeStatus.Ok"/>.</summary>
    public static void FailVolume(this ScsiCommand command, LunView view, VolumeResult result)
    {
        switch (result.Status)
        {
            case VolumeStatus.NoSpace:
                command.Fail(view, new Sense(SenseKey.DataProtect, AdditionalSense.SpaceAllocationFailedWriteProtect));
                break;
            case VolumeStatus.Damaged:
                command.Fail(
                    view,
                    new Sense(SenseKey.MediumError, AdditionalSense.UnrecoveredReadError)
                        .WithInformation((ulong)result.Offset >> LogicalUnit.BlockShift));
                break;
            case VolumeStatus.Miscompare:
                command.Fail(view, new Sense(SenseKey.Miscompare, AdditionalSense.MiscompareDuringVerify));
                break;
            case VolumeStatus.OutOfRange:
                command.Fail(view, Sense.Illegal(AdditionalSense.LogicalBlockAddressOutOfRange));
                break;
            case VolumeStatus.Removed:
                command.Fail(view, Sense.Illegal(AdditionalSense.LogicalUnitNotSupported));
                break;
            case VolumeStatus.Unavailable:
            default:
                // Initiators repeat a BUSY command by themselves (SAM-5, 5.3.1).
                command.End(ScsiStatus.Busy);
                break;
        }
    }
}
