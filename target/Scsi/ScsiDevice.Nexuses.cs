namespace Uss.Target.Scsi;

/// <content>Nexuses and task management.</content>
public sealed partial class ScsiDevice
{
    /// <inheritdoc/>
    public ScsiNexus AttachNexus(string initiatorPort, string initiatorIqn, string targetPort, int relativeTargetPort)
    {
        var nexus = new DeviceNexus(initiatorPort, initiatorIqn, targetPort, relativeTargetPort);
        _nexuses.Add(nexus);
        MapViews(nexus);
        nexus.Start();
        return nexus;
    }

    /// <inheritdoc/>
    public void DetachNexus(ScsiNexus nexus)
    {
        var detached = (DeviceNexus)nexus;
        if (!_nexuses.Remove(detached))
            return;
        for (var lun = 0; lun < LunAddress.Count; lun++)
            RemoveView(detached, lun);
    }

    /// <inheritdoc/>
    public bool HasLogicalUnit(ScsiNexus nexus, ulong lun) =>
        ((DeviceNexus)nexus).Find(lun) is not null || lun == LunAddress.ReportLunsWellKnown;

    /// <inheritdoc/>
    public bool ResetLogicalUnit(ScsiNexus nexus, ulong lun)
    {
        if (((DeviceNexus)nexus).Find(lun) is { } view)
        {
            view.Unit.Reset(UnitAttentions.DeviceReset);
            return true;
        }

        return lun == LunAddress.ReportLunsWellKnown;
    }

    /// <inheritdoc/>
    public void ResetTarget(ScsiNexus nexus)
    {
        foreach (var unit in _units.Values)
            unit.Reset(UnitAttentions.BusReset);
    }

    /// <inheritdoc/>
    public bool ClearTaskSet(ScsiNexus nexus, ulong lun, IReadOnlyCollection<ScsiNexus> affected)
    {
        if (((DeviceNexus)nexus).Find(lun) is not { } view)
            return lun == LunAddress.ReportLunsWellKnown;
        foreach (var other in view.Unit.Views)
        {
            if (!ReferenceEquals(other.Nexus, nexus) && affected.Contains(other.Nexus))
                other.Pending |= UnitAttentions.CommandsCleared;
        }

        return true;
    }

    private static void RemoveView(DeviceNexus nexus, int lun)
    {
        if (nexus.Views[lun] is not { } view)
            return;
        view.Unit.Remove(view);
        nexus.Views[lun] = null;
    }
}
