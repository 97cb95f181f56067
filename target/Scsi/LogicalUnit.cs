using Uss.Target.Scsi.ModePages;
using Uss.Target.Scsi.Reservations;
using Uss.Volumes;

namespace Uss.Target.Scsi;

/// <summary>A volume as a logical unit: what is common to all nexuses that see it, under whatever LUN.</summary>
internal sealed class LogicalUnit(IVolume volume)
{
    /// <summary>Logical block length in bytes.</summary>
    public const int BlockBytes = 512;

    /// <summary>Log2 of <see cref="BlockBytes"/>.</summary>
    public const int BlockShift = 9;

    /// <summary>Logical blocks per physical block, as an exponent: 4096-byte physical blocks.</summary>
    public const int BlocksPerPhysicalBlockExponent = 3;

    private readonly List<LunView> _views = [];

    // Views of nexuses that are gone while changes of theirs are under way.
    private readonly List<LunView> _leaving = [];

    /// <summary>The volume; replaced when a configuration brings a new object for the same volume.</summary>
    public IVolume Volume { get; set; } = volume;

    /// <summary>Capacity in logical blocks, as last looked at.</summary>
    public ulong Blocks { get; private set; } = (ulong)volume.SizeBytes >> BlockShift;

    /// <summary>What MODE SELECT can change.</summary>
    public ModeParameters Mode;

    /// <summary>Persistent registrations and reservation in force.</summary>
    public ReservationState Reservations { get; set; } = new();

    /// <summary>A change of <see cref="Reservations"/> is being stored.</summary>
    public bool IsReservationChanging { get; set; }

    /// <summary>Holder of a RESERVE, or null.</summary>
    public DeviceNexus? ReservedBy { get; set; }

    /// <summary>A reservation of either kind is in force.</summary>
    public bool IsReserved => ReservedBy is not null || Reservations.Type != ReservationType.None;

    /// <summary>All I_T_L nexuses of this logical unit.</summary>
    public IReadOnlyList<LunView> Views => _views;

    /// <summary>Adds a nexus that sees this logical unit.</summary>
    public void Add(LunView view) => _views.Add(view);

    /// <summary>Removes a nexus; what it held by its login goes with it.</summary>
    public void Remove(LunView view)
    {
        _views.Remove(view);
        _leaving.RemoveAll(left => left.Changes == 0);
        if (view.Changes > 0)
            _leaving.Add(view);
        if (ReferenceEquals(ReservedBy, view.Nexus))
            ReservedBy = null;
    }

    /// <summary>All I_T_L nexuses of which a change of the medium may be under way.</summary>
    public IEnumerable<LunView> ActiveViews => _views.Concat(_leaving).Where(view => view.Changes > 0);

    /// <summary>True when the extent lies within the medium. Overflow-safe for any input.</summary>
    public bool Contains(ulong lba, ulong count)
    {
        var blocks = Blocks;
        return lba <= blocks && count <= blocks - lba;
    }

    /// <summary>Looks at the volume's size again and tells all nexuses when it changed.</summary>
    public void RefreshCapacity(LunView? except = null)
    {
        var blocks = (ulong)Volume.SizeBytes >> BlockShift;
        if (blocks == Blocks)
            return;
        Blocks = blocks;
        Notify(UnitAttentions.CapacityChanged, except);
    }

    /// <summary>Establishes a unit attention condition for all nexuses but one.</summary>
    public void Notify(UnitAttentions attention, LunView? except = null)
    {
        foreach (var view in _views)
        {
            if (!ReferenceEquals(view, except))
                view.Pending |= attention;
        }
    }

    /// <summary>Establishes a unit attention condition for a registered nexus, if it is there.</summary>
    public void Notify(Registration registration, UnitAttentions attention)
    {
        foreach (var view in _views)
        {
            if (registration.IsOf(view.Nexus))
                view.Pending |= attention;
        }
    }

    /// <summary>
    /// Another front-end has changed the reservations: from now on they count here. Whoever lost a registration or a reservation by it
    /// learns it, as if the change had been made here.
    /// </summary>
    public void TakeIn(ScsiDevice device, ReservationRecord record)
    {
        var before = Reservations;
        if (record.Version <= before.Version)
            return;
        var after = ReservationState.FromRecord(record);
        Reservations = after;
        foreach (var view in _views.ToList())
        {
            if (before.Find(view.Nexus) is null)
                continue;
            if (after.Find(view.Nexus) is null)
            {
                // CLEAR leaves nobody; PREEMPT at least the one who asks.
                view.Pending |= after.Registrations.Count == 0
                    ? UnitAttentions.ReservationsPreempted
                    : UnitAttentions.RegistrationsPreempted;
                if (after.Aborts != before.Aborts)
                    Abort(device, view);
            }
            else if (before.Type.AdmitsRegistrants() && after.Type != before.Type)
            {
                view.Pending |= UnitAttentions.ReservationsReleased;
            }
        }
    }

    /// <summary>Completes once no change of the medium is under way that the reservations shut out now.</summary>
    public async ValueTask DrainExcludedAsync()
    {
        foreach (var view in ActiveViews.ToList())
        {
            if (Reservations.Excludes(view.Nexus, isRead: false))
                await view.DrainAsync();
        }
    }

    private static void Abort(ScsiDevice device, LunView view)
    {
        view.PreventsRemoval = false;
        if (device.TaskSets?.AbortTasks(view.Nexus, view.Nexus, LunAddress.FromNumber(view.Lun), null) == true)
            view.Pending |= UnitAttentions.CommandsCleared;
    }

    /// <summary>A reset of the logical unit (SAM-5, 6.3.3): what does not outlive a reset returns to its default.</summary>
    public void Reset(UnitAttentions attention)
    {
        Mode = default;
        ReservedBy = null;
        foreach (var view in _views)
        {
            view.PreventsRemoval = false;
            view.Pending |= attention;
        }
    }
}
