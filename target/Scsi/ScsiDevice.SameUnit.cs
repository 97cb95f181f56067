namespace Uss.Target.Scsi;

/// <content>Which LUNs of two nexuses are one logical unit.</content>
public sealed partial class ScsiDevice
{
    /// <inheritdoc/>
    public bool IsSameLogicalUnit(ScsiNexus nexus, ulong lun, ScsiNexus otherNexus, ulong otherLun) =>
        ((DeviceNexus)nexus).Find(lun) is { } view && ReferenceEquals(view.Unit, ((DeviceNexus)otherNexus).Find(otherLun)?.Unit);
}
