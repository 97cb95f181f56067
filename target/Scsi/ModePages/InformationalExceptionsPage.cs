namespace Uss.Target.Scsi.ModePages;

/// <summary>Informational Exceptions Control mode page (SBC-4, 6.5.8): a volume predicts no failures of its own.</summary>
internal sealed class InformationalExceptionsPage() : ModePage(0x1C, 0x00, 12)
{
    // DEXCPT.
    private const byte DisableExceptions = 0x08;

    /// <inheritdoc/>
    public override void WriteValues(Span<byte> page, in ModeParameters parameters) => page[2] = DisableExceptions;
}
