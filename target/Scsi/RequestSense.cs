namespace Uss.Target.Scsi;

/// <summary>
/// REQUEST SENSE (SPC-5, 6.39). Sense data always goes with the status of a command, so what is left to report is a
/// pending unit attention condition.
/// </summary>
internal static class RequestSense
{
    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view) =>
        Return(device, command, view.Pending == UnitAttentions.None ? default : view.TakeUnitAttention());

    /// <summary>For a LUN without a logical unit, which says so, and for a well known logical unit.</summary>
    public static ValueTask ExecuteWithoutUnit(ScsiDevice device, ScsiCommand command, in Sense sense) => Return(device, command, sense);

    private static ValueTask Return(ScsiDevice device, ScsiCommand command, in Sense sense)
    {
        // DESC in the command decides the format, not D_SENSE.
        var isDescriptorFormat = (command.Cdb[1] & 0x01) != 0;
        var data = device.RentCleared(ScsiCommand.SenseCapacity, out var buffer);
        return command.GoodWith(buffer, sense.Write(data, isDescriptorFormat), command.Cdb[4]);
    }
}
