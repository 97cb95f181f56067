namespace Uss.Target.Scsi.ModePages;

/// <summary>Control Extension mode page (SPC-5, 7.5.11): no settable timestamp, no implicit ALUA, any sense length.</summary>
internal sealed class ControlExtensionPage() : ModePage(0x0A, 0x01, 32)
{
    /// <inheritdoc/>
    public override void WriteValues(Span<byte> page, in ModeParameters parameters)
    {
    }
}
