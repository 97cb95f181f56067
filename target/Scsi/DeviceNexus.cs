namespace Uss.Target.Scsi;

/// <summary>A nexus with the logical units that it sees, by LUN.</summary>
internal sealed class DeviceNexus(string initiatorPort, string initiatorIqn, string targetPort, int relativeTargetPort)
    : ScsiNexus(initiatorPort, initiatorIqn, targetPort, relativeTargetPort)
{
    /// <summary>The views, null where nothing is mapped.</summary>
    public LunView?[] Views { get; } = new LunView?[LunAddress.Count];

    /// <summary>The logical unit under the LUN as received, or null.</summary>
    public LunView? Find(ulong lun) => LunAddress.TryGetNumber(lun, out var number) ? Views[number] : null;

    /// <summary>A new nexus reports power on (SAM-5, 6.3.1) and nothing else.</summary>
    public void Start()
    {
        foreach (var view in Views)
        {
            if (view is not null)
                view.Pending = UnitAttentions.PowerOn;
        }
    }

    /// <summary>Establishes a unit attention condition for every logical unit that the nexus sees.</summary>
    public void Notify(UnitAttentions attention)
    {
        foreach (var view in Views)
        {
            if (view is not null)
                view.Pending |= attention;
        }
    }

    /// <summary>Withdraws a unit attention condition from every logical unit that the nexus sees.</summary>
    public void Clear(UnitAttentions attention)
    {
        foreach (var view in Views)
        {
            if (view is not null)
                view.Pending &= ~attention;
        }
    }
}
