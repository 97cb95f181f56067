namespace Uss.Target.Scsi.Reservations;

/// <summary>
/// Registrations and the reservation of one logical unit (SPC-5, 5.14). Not changed once it is in force: a command
/// works on a copy, and the copy takes its place when it is complete and, where asked for, stored.
/// </summary>
internal sealed class ReservationState
{
    private readonly List<Registration> _registrations;

    public ReservationState() => _registrations = [];

    private ReservationState(ReservationState source)
    {
        _registrations = [.. source._registrations];
        Generation = source.Generation;
        Version = source.Version;
        Aborts = source.Aborts;
        IsPersistent = source.IsPersistent;
        Type = source.Type;
        Holder = source.Holder;
    }

    /// <summary>PRGENERATION.</summary>
    public uint Generation { get; set; }

    /// <summary>Which of the records that front-ends share it is; 0: none.</summary>
    public ulong Version { get; set; }

    /// <summary>How often tasks were aborted by PREEMPT AND ABORT, at whatever front-end.</summary>
    public uint Aborts { get; set; }

    /// <summary>APTPL: survives a loss of power.</summary>
    public bool IsPersistent { get; set; }

    /// <summary>Type of the reservation, or none.</summary>
    public ReservationType Type { get; private set; }

    /// <summary>The holder; null without a reservation and for the all registrants types.</summary>
    public Registration? Holder { get; private set; }

    /// <summary>Who is registered.</summary>
    public IReadOnlyList<Registration> Registrations => _registrations;

    /// <summary>A copy to change.</summary>
    public ReservationState Copy() => new(this);

    /// <summary>The nexus's registration, or null.</summary>
    public Registration? Find(ScsiNexus nexus) => _registrations.Find(registration => registration.IsOf(nexus));

    /// <summary>True when the registration holds the reservation, alone or with all others.</summary>
    public bool IsHolder(Registration registration) =>
        Type != ReservationType.None && (Type.IsAllRegistrants() || registration.Equals(Holder));

    /// <summary>Registers a nexus or changes its key.</summary>
    public void Register(ScsiNexus nexus, ulong key)
    {
        var changed = new Registration(nexus.InitiatorPort, nexus.RelativeTargetPort, key);
        var index = _registrations.FindIndex(registration => registration.IsOf(nexus));
        if (index < 0)
        {
            _registrations.Add(changed);
            return;
        }

        if (_registrations[index].Equals(Holder))
            Holder = changed;
        _registrations[index] = changed;
    }

    /// <summary>Removes a registration. The reservation goes with its only holder.</summary>
    /// <returns>True when the reservation was released by it.</returns>
    public bool Unregister(Registration registration)
    {
        var wasHolder = IsHolder(registration);
        _registrations.Remove(registration);
        if (!wasHolder || (Type.IsAllRegistrants() && _registrations.Count > 0))
            return false;
        Release();
        return true;
    }

    /// <summary>Establishes a reservation.</summary>
    public void Reserve(Registration holder, ReservationType type)
    {
        Type = type;
        Holder = type.IsAllRegistrants() ? null : holder;
    }

    /// <summary>Releases the reservation.</summary>
    public void Release()
    {
        Type = ReservationType.None;
        Holder = null;
    }

    /// <summary>Whether a nexus is refused a command, by whether the command changes the medium.</summary>
    public bool Excludes(ScsiNexus nexus, bool isRead)
    {
        if (Type == ReservationType.None || (isRead && !Type.ExcludesReads()))
            return false;
        return Find(nexus) is not { } registration || !(Type.AdmitsRegistrants() || IsHolder(registration));
    }

    /// <summary>What is to be stored.</summary>
    public ReservationRecord ToRecord() => new([.. _registrations], Type, Holder is null ? -1 : _registrations.IndexOf(Holder))
    {
        Version = Version,
        Generation = Generation,
        IsPersistent = IsPersistent,
        Aborts = Aborts,
    };

    /// <summary>The state that a stored record describes.</summary>
    public static ReservationState FromRecord(ReservationRecord record)
    {
        var state = new ReservationState { IsPersistent = record.IsPersistent, Version = record.Version, Aborts = record.Aborts };

        // A target that is alone counts from 0 after each start (SPC-5, 5.14.2).
        if (record.Version > 0)
            state.Generation = record.Generation;
        state._registrations.AddRange(record.Registrations);
        if (record.Holder >= 0 && record.Holder < record.Registrations.Count)
            state.Reserve(record.Registrations[record.Holder], record.Type);
        else if (record.Type.IsAllRegistrants() && record.Registrations.Count > 0)
            state.Reserve(record.Registrations[0], record.Type);
        return state;
    }
}
