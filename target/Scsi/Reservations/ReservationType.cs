namespace Uss.Target.Scsi.Reservations;

/// <summary>Type of a persistent reservation (SPC-5, 6.16.3.4).</summary>
public enum ReservationType : byte
{
    /// <summary>No reservation.</summary>
    None = 0,

    /// <summary>Others may read.</summary>
    WriteExclusive = 1,

    /// <summary>Others may do neither.</summary>
    ExclusiveAccess = 3,

    /// <summary>As <see cref="WriteExclusive"/>, with everyone registered on the inside.</summary>
    WriteExclusiveRegistrantsOnly = 5,

    /// <summary>As <see cref="ExclusiveAccess"/>, with everyone registered on the inside.</summary>
    ExclusiveAccessRegistrantsOnly = 6,

    /// <summary>As <see cref="WriteExclusiveRegistrantsOnly"/>, with everyone registered a holder.</summary>
    WriteExclusiveAllRegistrants = 7,

    /// <summary>As <see cref="ExclusiveAccessRegistrantsOnly"/>, with everyone registered a holder.</summary>
    ExclusiveAccessAllRegistrants = 8,
}

/// <summary>What the types mean.</summary>
internal static class ReservationTypes
{
    /// <summary>True for a type that can be asked for.</summary>
    public static bool IsValid(ReservationType type) => type is ReservationType.WriteExclusive or (>= ReservationType.ExclusiveAccess
        and <= ReservationType.ExclusiveAccessAllRegistrants and not (ReservationType)4);

    /// <summary>Reading is for insiders only, too.</summary>
    public static bool ExcludesReads(this ReservationType type) => type is ReservationType.ExclusiveAccess
        or ReservationType.ExclusiveAccessRegistrantsOnly or ReservationType.ExclusiveAccessAllRegistrants;

    /// <summary>Everyone registered is a holder.</summary>
    public static bool IsAllRegistrants(this ReservationType type) =>
        type is ReservationType.WriteExclusiveAllRegistrants or ReservationType.ExclusiveAccessAllRegistrants;

    /// <summary>Everyone registered is on the inside.</summary>
    public static bool AdmitsRegistrants(this ReservationType type) => type >= ReservationType.WriteExclusiveRegistrantsOnly;
}
