using Uss.Volumes;

namespace Uss.Target.Scsi.Reservations;

/// <summary>
/// Registrations and reservations of the logical units that several front-ends serve at once: one record a volume for all of them. A
/// change is answered once it is in force at every front-end.
/// </summary>
public interface ISharedReservations
{
    /// <summary>Reads a volume's record as it is now; null when the store does not answer.</summary>
    ValueTask<SharedReservationRecord?> ReadAsync(VolumeId volume);

    /// <summary>Replaces the record that was read.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="read">What was read.</param>
    /// <param name="next">What takes its place.</param>
    /// <returns>
    /// The number of the change; 0 when somebody else has changed the record meanwhile; null when it is not known whether it
    /// was replaced.
    /// </returns>
    ValueTask<long?> CommitAsync(VolumeId volume, SharedReservationRecord read, ReservationRecord next);

    /// <summary>
    /// Completes once every front-end goes by the change of a number and has ended what it shuts out. False when some node cannot be
    /// reached that may still let through what is shut out.
    /// </summary>
    ValueTask<bool> SettleAsync(VolumeId volume, long number);
}

/// <summary>A volume's record as it was read.</summary>
/// <param name="Revision">Revision of its last change; 0: there is none.</param>
/// <param name="Record">What it says; null: nobody is registered, or ever was.</param>
public sealed record SharedReservationRecord(long Revision, ReservationRecord? Record);
