using System.Numerics;

namespace Uss.Target.Scsi;

/// <summary>
/// Unit attention conditions that wait to be reported to one I_T_L nexus (SAM-5, 5.14), as a set: each is reported
/// once, the lowest bit first. The order is the precedence.
/// </summary>
[Flags]
internal enum UnitAttentions : ushort
{
    None = 0,
    PowerOn = 1 << 0,
    BusReset = 1 << 1,
    DeviceReset = 1 << 2,
    ReportedLunsChanged = 1 << 3,
    InquiryDataChanged = 1 << 4,
    CapacityChanged = 1 << 5,
    ModeParametersChanged = 1 << 6,
    ReservationsPreempted = 1 << 7,
    ReservationsReleased = 1 << 8,
    RegistrationsPreempted = 1 << 9,
    CommandsCleared = 1 << 10,
    ThinThreshold = 1 << 11,
}

/// <summary>Operations on <see cref="UnitAttentions"/>.</summary>
internal static class UnitAttentionQueue
{
    private const UnitAttentions Resets = UnitAttentions.PowerOn | UnitAttentions.BusReset | UnitAttentions.DeviceReset;

    private static readonly AdditionalSense[] s_codes =
    [
        AdditionalSense.PowerOnResetOrBusDeviceReset,
        AdditionalSense.ScsiBusResetOccurred,
        AdditionalSense.BusDeviceResetFunctionOccurred,
        AdditionalSense.ReportedLunsDataChanged,
        AdditionalSense.InquiryDataChanged,
        AdditionalSense.CapacityDataChanged,
        AdditionalSense.ModeParametersChanged,
        AdditionalSense.ReservationsPreempted,
        AdditionalSense.ReservationsReleased,
        AdditionalSense.RegistrationsPreempted,
        AdditionalSense.CommandsClearedByAnotherInitiator,
        AdditionalSense.ThinProvisioningSoftThresholdReached,
    ];

    /// <summary>Takes the first condition out of a set that is not empty.</summary>
    public static Sense Take(ref UnitAttentions pending)
    {
        var index = BitOperations.TrailingZeroCount((uint)pending);
        var taken = (UnitAttentions)(1 << index);

        // One report of a power on or reset covers the lesser resets (SAM-5, 5.14.3).
        pending &= (taken & Resets) != 0 ? ~Resets : ~taken;
        return new Sense(SenseKey.UnitAttention, s_codes[index]);
    }
}
