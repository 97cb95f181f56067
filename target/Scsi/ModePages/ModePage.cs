namespace Uss.Target.Scsi.ModePages;

/// <summary>
/// A mode page (SPC-5, 7.5). Values are byte spans of the whole page; the header is written by
/// <see cref="WriteHeader"/>. Nothing is saved: PS is 0.
/// </summary>
/// <param name="pageCode">PAGE CODE.</param>
/// <param name="subpageCode">SUBPAGE CODE, 0 for a page in page_0 format.</param>
/// <param name="length">Length of the whole page in bytes.</param>
internal abstract class ModePage(byte pageCode, byte subpageCode, int length)
{
    /// <summary>Every page, in ascending order.</summary>
    public static readonly ModePage[] All =
    [
        new CachingPage(),
        new ControlPage(),
        new ControlExtensionPage(),
        new InformationalExceptionsPage(),
        new LogicalBlockProvisioningPage(),
    ];

    /// <summary>PAGE CODE.</summary>
    public byte PageCode { get; } = pageCode;

    /// <summary>SUBPAGE CODE.</summary>
    public byte SubpageCode { get; } = subpageCode;

    /// <summary>Length of the whole page in bytes.</summary>
    public int Length { get; } = length;

    /// <summary>Bytes before the page's parameters.</summary>
    public int HeaderLength => SubpageCode == 0 ? 2 : 4;

    /// <summary>Writes the page's header. The page is cleared already.</summary>
    public void WriteHeader(Span<byte> page)
    {
        page[0] = PageCode;
        if (SubpageCode == 0)
        {
            page[1] = (byte)(Length - 2);
            return;
        }

        page[0] |= 0x40;
        page[1] = SubpageCode;
        page[3] = (byte)(Length - 4);
    }

    /// <summary>Writes the values that hold with the given parameters, header excluded.</summary>
    public abstract void WriteValues(Span<byte> page, in ModeParameters parameters);

    /// <summary>Writes a 1 for every bit that can be changed, header excluded.</summary>
    public virtual void WriteChangeable(Span<byte> page)
    {
    }

    /// <summary>Takes over what a MODE SELECT sent; everything but the changeable bits has been compared already.</summary>
    public virtual void Select(ReadOnlySpan<byte> page, ref ModeParameters parameters)
    {
    }
}
