using Uss.Runtime;
using Uss.Target.Scsi.Reservations;
using Uss.Volumes;

namespace Uss.Target.Scsi;

/// <content>The LUN map and what changes under running sessions.</content>
public sealed partial class ScsiDevice
{
    private const long ChangeLookNs = 1_000_000;

    private readonly Dictionary<VolumeId, ReservationRecord> _stored = [];

    /// <summary>
    /// Brings back what <see cref="Journal"/> stored of a volume, before the configuration that first maps it.
    /// </summary>
    public void RestoreReservations(VolumeId volume, ReservationRecord record) => _stored[volume] = record;

    /// <summary>
    /// Takes in what another front-end, or this one, has made of a volume's reservations. Older records than the one in force change
    /// nothing.
    /// </summary>
    /// <returns>Completes once it is in force; see <see cref="DrainShutOutAsync"/> for what is under way.</returns>
    public async ValueTask TakeInReservationsAsync(VolumeId volume, ReservationRecord record)
    {
        if (_units.Values.FirstOrDefault(unit => unit.Volume.Id == volume) is not { } known)
        {
            if (!_stored.TryGetValue(volume, out var stored) || stored.Version < record.Version)
                _stored[volume] = record;
            return;
        }

        while (known.IsReservationChanging)
            await Reactor.Current.DelayAsync(ChangeLookNs);
        known.TakeIn(this, record);
    }

    /// <summary>Completes once no change of a volume is under way any more that its reservations shut out.</summary>
    public ValueTask DrainShutOutAsync(VolumeId volume) =>
        _units.Values.FirstOrDefault(unit => unit.Volume.Id == volume)?.DrainExcludedAsync() ?? default;

    /// <summary>
    /// Puts a configuration into force. Nexuses whose map changes learn it by the unit attention REPORTED LUNS DATA HAS
    /// CHANGED; a volume whose size changed, by CAPACITY DATA HAS CHANGED. Logical units that stay keep their state.
    /// </summary>
    /// <param name="configuration">The new configuration.</param>
    /// <param name="lookup">Finds volumes by name; a mapping whose volume is not found is left out.</param>
    public void ApplyConfiguration(TargetConfiguration configuration, VolumeLookup lookup)
    {
        _configuration = configuration;
        RefreshUnits(lookup);
        foreach (var nexus in _nexuses)
            MapViews(nexus);
    }

    /// <summary>Tells initiators that a volume has a new size. Unknown names are ignored.</summary>
    public void NotifyResized(string volumeName)
    {
        if (_units.TryGetValue(volumeName, out var unit))
            unit.RefreshCapacity();
    }

    /// <summary>Tells initiators that the pool behind a volume is nearly full. Unknown names are ignored.</summary>
    public void NotifyThinThreshold(string volumeName)
    {
        if (_units.TryGetValue(volumeName, out var unit))
            unit.Notify(UnitAttentions.ThinThreshold);
    }

    private void RefreshUnits(VolumeLookup lookup)
    {
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var mapping in _configuration.Luns)
        {
            if (wanted.Add(mapping.VolumeName) && !RefreshUnit(mapping.VolumeName, lookup(mapping.VolumeName)))
                wanted.Remove(mapping.VolumeName);
        }

        foreach (var (name, unit) in _units.Where(unit => !wanted.Contains(unit.Key)).ToList())
        {
            _units.Remove(name);

            // Mapped again, the volume has the reservation that it would have after a restart.
            var isKept = unit.Reservations is { IsPersistent: true, Registrations.Count: > 0 } or { Version: > 0 };
            if (isKept && !_units.ContainsValue(unit))
                _stored[unit.Volume.Id] = unit.Reservations.ToRecord();
        }
    }

    private bool RefreshUnit(string name, IVolume? volume)
    {
        if (volume is null)
            return false;
        if (_units.TryGetValue(name, out var unit) && unit.Volume.Id == volume.Id)
        {
            unit.Volume = volume;
            unit.RefreshCapacity();
        }
        else
        {
            // Another volume under an old name is another logical unit; a volume under a new name stays what it was.
            var renamed = _units.Values.FirstOrDefault(other => other.Volume.Id == volume.Id);
            _units[name] = renamed ?? CreateUnit(volume);
        }

        return true;
    }

    private LogicalUnit CreateUnit(IVolume volume)
    {
        var unit = new LogicalUnit(volume);
        if (_stored.Remove(volume.Id, out var record))
            unit.Reservations = ReservationState.FromRecord(record);
        return unit;
    }

    private void MapViews(DeviceNexus nexus)
    {
        var isChanged = false;
        for (var lun = 0; lun < LunAddress.Count; lun++)
        {
            var mapping = FindMapping(nexus, lun);
            var unit = mapping is null ? null : _units.GetValueOrDefault(mapping.VolumeName);
            if (!ReferenceEquals(nexus.Views[lun]?.Unit, unit))
            {
                isChanged = true;
                RemoveView(nexus, lun);
                if (unit is not null)
                {
                    var added = new LunView(nexus, unit, lun);
                    nexus.Views[lun] = added;
                    unit.Add(added);
                }
            }

            if (nexus.Views[lun] is { } view)
                view.IsReadOnly = mapping!.IsReadOnly;
        }

        if (isChanged)
            nexus.Notify(UnitAttentions.ReportedLunsChanged);
    }

    // A mapping for this initiator goes before one for everybody under the same LUN.
    private LunMapping? FindMapping(DeviceNexus nexus, int lun)
    {
        LunMapping? general = null;
        foreach (var mapping in _configuration.Luns)
        {
            if (mapping.Lun != lun)
                continue;
            if (mapping.InitiatorIqn is null)
                general ??= mapping;
            else if (string.Equals(mapping.InitiatorIqn, nexus.InitiatorIqn, StringComparison.OrdinalIgnoreCase))
                return mapping;
        }

        return general;
    }
}
