namespace Uss.Target.Scsi.ModePages;

/// <summary>The mode parameters that MODE SELECT can change; the default value is the default setting.</summary>
internal struct ModeParameters
{
    /// <summary>D_SENSE: sense data in descriptor format (SPC-5, 7.5.10).</summary>
    public bool UsesDescriptorSense;

    /// <summary>SWP: the logical unit is write protected by software.</summary>
    public bool IsWriteProtected;
}
