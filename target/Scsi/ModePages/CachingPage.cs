namespace Uss.Target.Scsi.ModePages;

/// <summary>Caching mode page (SBC-4, 6.5.6): no write-back cache, for every write is durable when it completes.</summary>
internal sealed class CachingPage() : ModePage(0x08, 0x00, 20)
{
    /// <inheritdoc/>
    public override void WriteValues(Span<byte> page, in ModeParameters parameters)
    {
    }
}
