using Uss.Volumes;

namespace Uss.Target.Scsi.Reservations;

/// <summary>
/// A volume's registrations and reservation as they survive a loss of power (APTPL; SPC-5, 5.14.5), and as front-ends share them.
/// </summary>
/// <param name="Registrations">Who is registered, in order.</param>
/// <param name="Type">Type of the reservation, if any.</param>
/// <param name="Holder">Index of the holder; -1 without one and for the all registrants types.</param>
public sealed record ReservationRecord(IReadOnlyList<Registration> Registrations, ReservationType Type, int Holder)
{
    /// <summary>One more with each change by a front-end that shares it; 0 where none does.</summary>
    public ulong Version { get; init; }

    /// <summary>PRGENERATION, where it is shared.</summary>
    public uint Generation { get; init; }

    /// <summary>APTPL, as it was last asked for.</summary>
    public bool IsPersistent { get; init; } = true;

    /// <summary>One more with each PREEMPT AND ABORT: every front-end aborts the tasks of those who are gone.</summary>
    public uint Aborts { get; init; }
}

/// <summary>Keeps registrations and reservations that initiators want to survive a loss of power.</summary>
public interface IReservationJournal
{
    /// <summary>Stores a volume's record durably in place of the last one; null removes it.</summary>
    /// <returns>False when that could not be made sure; the command fails then, without effect.</returns>
    ValueTask<bool> SaveAsync(VolumeId volume, ReservationRecord? record);
}
