namespace Uss.Target.Scsi;

/// <summary>The eight bytes of a logical unit number (SAM-5, 4.7), as a big-endian number.</summary>
internal static class LunAddress
{
    /// <summary>LUNs 0 to 255 exist.</summary>
    public const int Count = 256;

    /// <summary>The REPORT LUNS well known logical unit (SPC-5, 9.2): extended addressing, W-LUN 01h.</summary>
    public const ulong ReportLunsWellKnown = 0xC101_0000_0000_0000;

    /// <summary>
    /// Understands the peripheral device (bus 0) and the flat space addressing method of a single-level LUN: both
    /// name the same logical unit.
    /// </summary>
    public static bool TryGetNumber(ulong lun, out int number)
    {
        number = (int)(lun >> 48) & 0xFF;
        return (lun & ~0x40FF_0000_0000_0000UL) == 0;
    }

    /// <summary>The LUN in peripheral device addressing, as REPORT LUNS lists it.</summary>
    public static ulong FromNumber(int number) => (ulong)number << 48;
}
