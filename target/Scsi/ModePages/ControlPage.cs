using System.Buffers.Binary;

namespace Uss.Target.Scsi.ModePages;

/// <summary>Control mode page (SPC-5, 7.5.10).</summary>
internal sealed class ControlPage() : ModePage(0x0A, 0x00, 12)
{
    // Byte 2.
    private const byte DescriptorSense = 0x04;

    // Byte 3: QUEUE ALGORITHM MODIFIER 1, unrestricted reordering: overlapping commands in flight take effect in any order.
    private const byte UnrestrictedReordering = 0x10;

    // Byte 4.
    private const byte SoftwareWriteProtect = 0x08;

    /// <inheritdoc/>
    public override void WriteValues(Span<byte> page, in ModeParameters parameters)
    {
        page[2] = parameters.UsesDescriptorSense ? DescriptorSense : (byte)0;
        page[3] = UnrestrictedReordering;
        page[4] = parameters.IsWriteProtected ? SoftwareWriteProtect : (byte)0;

        // BUSY TIMEOUT PERIOD: unlimited.
        BinaryPrimitives.WriteUInt16BigEndian(page[8..], 0xFFFF);
    }

    /// <inheritdoc/>
    public override void WriteChangeable(Span<byte> page)
    {
        page[2] = DescriptorSense;
        page[4] = SoftwareWriteProtect;
    }

    /// <inheritdoc/>
    public override void Select(ReadOnlySpan<byte> page, ref ModeParameters parameters)
    {
        parameters.UsesDescriptorSense = (page[2] & DescriptorSense) != 0;
        parameters.IsWriteProtected = (page[4] & SoftwareWriteProtect) != 0;
    }
}
