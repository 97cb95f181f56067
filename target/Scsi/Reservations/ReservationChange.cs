namespace Uss.Target.Scsi.Reservations;

/// <summary>How a PERSISTENT RESERVE OUT ends.</summary>
internal enum ReservationOutcome
{
    /// <summary>GOOD.</summary>
    Good,

    /// <summary>RESERVATION CONFLICT.</summary>
    Conflict,

    /// <summary>INVALID FIELD IN PARAMETER LIST at the service action reservation key.</summary>
    InvalidKey,

    /// <summary>INVALID FIELD IN CDB at the type.</summary>
    InvalidType,

    /// <summary>INVALID RELEASE OF PERSISTENT RESERVATION.</summary>
    InvalidRelease,
}

/// <summary>
/// The service actions of PERSISTENT RESERVE OUT (SPC-5, 5.14.7 to 5.14.11) as pure steps from one state to the next,
/// with the unit attentions that they cause.
/// </summary>
/// <param name="current">The state in force.</param>
/// <param name="nexus">Who asks.</param>
internal sealed class ReservationChange(ReservationState current, ScsiNexus nexus)
{
    private readonly List<(Registration Registration, UnitAttentions Attention)> _notices = [];

    /// <summary>The state to come.</summary>
    public ReservationState Next { get; } = current.Copy();

    /// <summary>Whom to tell what once the state is in force.</summary>
    public IReadOnlyList<(Registration Registration, UnitAttentions Attention)> Notices => _notices;

    /// <summary>Whose tasks PREEMPT AND ABORT ends.</summary>
    public List<Registration> Preempted { get; } = [];

    /// <summary>REGISTER and REGISTER AND IGNORE EXISTING KEY (SPC-5, 5.14.7).</summary>
    public ReservationOutcome Register(ulong key, ulong newKey, bool ignoresKey, bool isPersistent)
    {
        var own = Next.Find(nexus);
        if (!ignoresKey && key != (own?.Key ?? 0))
            return ReservationOutcome.Conflict;
        if (own is null && newKey == 0)
            return ReservationOutcome.Good;
        Next.Generation++;
        Next.IsPersistent = isPersistent;
        if (newKey != 0)
        {
            Next.Register(nexus, newKey);
            return ReservationOutcome.Good;
        }

        var type = Next.Type;
        if (Next.Unregister(own!) && type.AdmitsRegistrants())
            NotifyAll(UnitAttentions.ReservationsReleased);
        return ReservationOutcome.Good;
    }

    /// <summary>RESERVE (SPC-5, 5.14.9).</summary>
    public ReservationOutcome Reserve(ulong key, ReservationType type)
    {
        if (Next.Find(nexus) is not { } own || own.Key != key)
            return ReservationOutcome.Conflict;
        if (Next.Type != ReservationType.None)
            return Next.IsHolder(own) && Next.Type == type ? ReservationOutcome.Good : ReservationOutcome.Conflict;
        Next.Reserve(own, type);
        return ReservationOutcome.Good;
    }

    /// <summary>RELEASE (SPC-5, 5.14.11.2).</summary>
    public ReservationOutcome Release(ulong key, ReservationType type)
    {
        if (Next.Find(nexus) is not { } own || own.Key != key)
            return ReservationOutcome.Conflict;
        if (!Next.IsHolder(own))
            return ReservationOutcome.Good;
        if (Next.Type != type)
            return ReservationOutcome.InvalidRelease;
        Next.Release();
        if (type.AdmitsRegistrants())
            NotifyAll(UnitAttentions.ReservationsReleased);
        return ReservationOutcome.Good;
    }

    /// <summary>CLEAR (SPC-5, 5.14.11.6).</summary>
    public ReservationOutcome Clear(ulong key)
    {
        if (Next.Find(nexus) is not { } own || own.Key != key)
            return ReservationOutcome.Conflict;
        NotifyAll(UnitAttentions.ReservationsPreempted);
        foreach (var registration in Next.Registrations.ToList())
            Next.Unregister(registration);
        Next.Generation++;
        return ReservationOutcome.Good;
    }

    /// <summary>PREEMPT and PREEMPT AND ABORT (SPC-5, 5.14.11.4 and 5.14.11.5).</summary>
    public ReservationOutcome Preempt(ulong key, ulong preemptedKey, ReservationType type)
    {
        if (Next.Find(nexus) is not { } own || own.Key != key)
            return ReservationOutcome.Conflict;
        var isAll = Next.Type.IsAllRegistrants();
        if (preemptedKey == 0 && !isAll)
            return ReservationOutcome.InvalidKey;
        var takesOver = isAll ? preemptedKey == 0 : Next.Holder?.Key == preemptedKey && Next.Type != ReservationType.None;
        if (takesOver && !ReservationTypes.IsValid(type))
            return ReservationOutcome.InvalidType;
        var victims = Next.Registrations.Where(other => preemptedKey == 0 || other.Key == preemptedKey).ToList();
        if (victims.Count == 0)
            return ReservationOutcome.Conflict;

        // Who takes over keeps its own registration (SPC-5, 5.14.11.4.3).
        if (takesOver)
            victims.Remove(own);
        var oldType = Next.Type;
        if (takesOver)
            Next.Release();
        foreach (var victim in victims)
        {
            var released = Next.Unregister(victim);
            Preempted.Add(victim);
            if (!victim.IsOf(nexus))
                _notices.Add((victim, UnitAttentions.RegistrationsPreempted));
            if (released && oldType.AdmitsRegistrants())
                NotifyAll(UnitAttentions.ReservationsReleased);
        }

        if (takesOver)
        {
            Next.Reserve(own, type);
            if (type != oldType)
                NotifyAll(UnitAttentions.ReservationsReleased);
        }

        Next.Generation++;
        return ReservationOutcome.Good;
    }

    // Everyone who is registered, but for the one who asks.
    private void NotifyAll(UnitAttentions attention)
    {
        foreach (var registration in Next.Registrations)
        {
            if (!registration.IsOf(nexus))
                _notices.Add((registration, attention));
        }
    }
}
