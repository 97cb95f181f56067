namespace Uss.Target.Scsi.Reservations;

/// <summary>Which commands a reservation keeps out (SPC-5, table 65; SBC-4, table 14; SPC-2, table 10).</summary>
internal static class ReservationRules
{
    /// <summary>True when the command ends with RESERVATION CONFLICT.</summary>
    public static bool IsConflict(ScsiCommand command, LunView view, CommandDefinition? definition)
    {
        var unit = view.Unit;
        if (!unit.IsReserved || definition is null)
            return false;
        var isHarmless = (definition.Traits & CommandTraits.Unreserved) != 0 || IsHarmlessForm(command);
        if (unit.ReservedBy is { } holder)
        {
            // PERSISTENT RESERVE IN has no place beside RESERVE, not even for its holder; PERSISTENT RESERVE OUT,
            // RESERVE and RELEASE decide for themselves.
            if (command.Cdb[0] == OperationCode.PersistentReserveIn)
                return true;
            return !ReferenceEquals(holder, view.Nexus) && (!isHarmless || command.Cdb[0] == OperationCode.TestUnitReady);
        }

        return !isHarmless && unit.Reservations.Excludes(view.Nexus, (definition.Traits & CommandTraits.Reads) != 0);
    }

    private static bool IsHarmlessForm(ScsiCommand command) => command.Cdb[0] switch
    {
        // PREVENT 0; START 1 without a power condition.
        OperationCode.PreventAllowMediumRemoval => (command.Cdb[4] & 0x03) == 0,
        OperationCode.StartStopUnit => (command.Cdb[4] & 0xF1) == 0x01,
        _ => false,
    };
}
