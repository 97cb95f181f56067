namespace Uss.Target.Scsi;

/// <summary>Commands about the logical unit's readiness. A volume has no motor and no door: it is always ready.</summary>
internal static class UnitControl
{
    /// <summary>TEST UNIT READY (SPC-5, 6.47).</summary>
    public static ValueTask TestUnitReady(ScsiDevice device, ScsiCommand command, LunView view) => command.Good();

    /// <summary>
    /// START STOP UNIT (SBC-4, 5.31). Stopping is accepted and does nothing: a volume is shared, and one host that shuts
    /// down does not stop the disks of the others.
    /// </summary>
    public static ValueTask StartStop(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var powerCondition = command.Cdb[4] >> 4;

        // START_VALID, ACTIVE, IDLE, STANDBY, LU_CONTROL, FORCE_IDLE_0, FORCE_STANDBY_0.
        if (powerCondition is not (0x0 or 0x1 or 0x2 or 0x3 or 0x7 or 0xA or 0xB))
            return command.Fail(view, Sense.InvalidCdbField(4, 7));

        // LOEJ: there is nothing to load or eject.
        if (powerCondition == 0 && (command.Cdb[4] & 0x02) != 0)
            return command.Fail(view, Sense.InvalidCdbField(4, 1));
        return command.Good();
    }

    /// <summary>PREVENT ALLOW MEDIUM REMOVAL (SPC-5, 6.14; SBC-4, 5.14): noted, without effect on a fixed medium.</summary>
    public static ValueTask PreventAllow(ScsiDevice device, ScsiCommand command, LunView view)
    {
        view.PreventsRemoval = (command.Cdb[4] & 0x01) != 0;
        return command.Good();
    }

    /// <summary>
    /// READ DEFECT DATA (10) (SBC-4, 5.21): the list is empty, whatever the format asked for.
    /// </summary>
    public static ValueTask ReadDefectData10(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var data = device.RentCleared(4, out var buffer);
        data[1] = (byte)(command.Cdb[2] & 0x1F);
        return command.GoodWith(buffer, 4, command.Cdb[7] << 8 | command.Cdb[8]);
    }

    /// <summary>READ DEFECT DATA (12) (SBC-4, 5.22).</summary>
    public static ValueTask ReadDefectData12(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var data = device.RentCleared(8, out var buffer);
        data[1] = (byte)(command.Cdb[1] & 0x1F);
        return command.GoodWith(buffer, 8, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(command.Cdb[6..]));
    }
}
