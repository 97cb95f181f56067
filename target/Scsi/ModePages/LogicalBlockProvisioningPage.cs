namespace Uss.Target.Scsi.ModePages;

/// <summary>
/// Logical Block Provisioning mode page (SBC-4, 6.5.9) without threshold descriptors: what counts as nearly full is
/// set for the pool, not by initiators.
/// </summary>
internal sealed class LogicalBlockProvisioningPage() : ModePage(0x1C, 0x02, 16)
{
    /// <inheritdoc/>
    public override void WriteValues(Span<byte> page, in ModeParameters parameters)
    {
    }
}
