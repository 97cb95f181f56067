namespace Uss.Target.Scsi.Reservations;

/// <summary>
/// RESERVE and RELEASE (6) and (10) of the whole logical unit (SPC-2, 7.21 to 7.24), with the exceptions for nexuses
/// that persistent reservations already admit (CRH; SPC-5, 5.14.3).
/// </summary>
internal static class SimpleReservation
{
    public static ValueTask Reserve(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var unit = view.Unit;
        if (unit.Reservations.Registrations.Count > 0)
            return command.End(IsCompatible(view) ? ScsiStatus.Good : ScsiStatus.ReservationConflict);
        if (unit.ReservedBy is not null && !ReferenceEquals(unit.ReservedBy, view.Nexus))
            return command.End(ScsiStatus.ReservationConflict);
        unit.ReservedBy = view.Nexus;
        return command.Good();
    }

    public static ValueTask Release(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var unit = view.Unit;
        if (unit.Reservations.Registrations.Count > 0)
            return command.End(IsCompatible(view) ? ScsiStatus.Good : ScsiStatus.ReservationConflict);

        // A release by someone else is no error and does nothing.
        if (ReferenceEquals(unit.ReservedBy, view.Nexus))
            unit.ReservedBy = null;
        return command.Good();
    }

    private static bool IsCompatible(LunView view)
    {
        var state = view.Unit.Reservations;
        return state.Find(view.Nexus) is { } own && (state.IsHolder(own) || state.Type.AdmitsRegistrants());
    }
}
