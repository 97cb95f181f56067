using System.Buffers.Binary;
using System.Text;

namespace Uss.Target.Scsi;

/// <summary>
/// The Device Identification VPD page (SPC-5, 7.7.6). All that names the logical unit derives from the volume's id, so
/// that every front-end answers alike and hosts recognise one disk behind several paths.
/// </summary>
internal static class DeviceIdentification
{
    private const byte Binary = 0x1;
    private const byte Ascii = 0x2;
    private const byte Utf8 = 0x3;

    // Protocol identifier iSCSI, in the high nibble of the code set byte.
    private const byte Iscsi = 0x50;

    // PIV (protocol identifier valid) and association of the designator type byte.
    private const byte OfUnit = 0x00;
    private const byte OfPort = 0x90;
    private const byte OfDevice = 0xA0;

    private const byte VendorDesignator = 0x1;
    private const byte NaaDesignator = 0x3;
    private const byte RelativePortDesignator = 0x4;
    private const byte PortGroupDesignator = 0x5;
    private const byte NameDesignator = 0x8;

    /// <summary>
    /// The volume's NAA designator: locally assigned (NAA 3h; SPC-5, 7.7.6.6.4), its 60 bits the low bits of the id.
    /// </summary>
    public static ulong NaaOf(LogicalUnit unit) => 0x3000_0000_0000_0000 | (unit.Volume.Id.Value & 0x0FFF_FFFF_FFFF_FFFF);

    /// <summary>Writes the designators and returns their length in bytes.</summary>
    public static int Write(Span<byte> data, ScsiDevice device, ScsiNexus nexus, LogicalUnit? unit)
    {
        var length = 0;
        if (unit is not null)
        {
            length += WriteNaa(data[length..], unit);
            length += WriteVendor(data[length..], unit);
            length += WriteName(data[length..], OfUnit, UnitName(unit));
        }

        length += WriteNumber(data[length..], RelativePortDesignator, nexus.RelativeTargetPort);
        length += WriteNumber(data[length..], PortGroupDesignator, nexus.RelativeTargetPort);
        length += WriteName(data[length..], OfPort, nexus.TargetPort);
        length += WriteName(data[length..], OfDevice, device.TargetIqn);
        return length;
    }

    /// <summary>Whether the logical unit has the designator.</summary>
    public static bool Has(LogicalUnit unit, byte codeSet, byte designatorType, ReadOnlySpan<byte> designator)
    {
        Span<byte> own = stackalloc byte[64];
        own.Clear();
        var isKnown = (codeSet, designatorType) switch
        {
            (Binary, NaaDesignator) => WriteNaa(own, unit) > 0,
            (Ascii, VendorDesignator) => WriteVendor(own, unit) > 0,
            (Utf8, NameDesignator) => WriteName(own, OfUnit, UnitName(unit)) > 0,
            _ => false,
        };
        return isKnown && own.Slice(4, own[3]).SequenceEqual(designator);
    }

    private static string UnitName(LogicalUnit unit) => "naa." + NaaOf(unit).ToString("X16");

    private static int WriteHeader(Span<byte> data, byte codeSet, byte kind, int length)
    {
        data[0] = codeSet;
        data[1] = kind;
        data[3] = (byte)length;
        return 4 + length;
    }

    private static int WriteNaa(Span<byte> data, LogicalUnit unit)
    {
        BinaryPrimitives.WriteUInt64BigEndian(data[4..], NaaOf(unit));
        return WriteHeader(data, Binary, OfUnit | NaaDesignator, 8);
    }

    private static int WriteVendor(Span<byte> data, LogicalUnit unit)
    {
        Inquiry.WriteText(data.Slice(4, 8), Inquiry.Vendor);
        var length = 8 + Encoding.ASCII.GetBytes(unit.Volume.Id.ToString(), data[12..]);
        return WriteHeader(data, Ascii, OfUnit | VendorDesignator, length);
    }

    // SCSI name strings end in at least one NUL and are padded to a multiple of four bytes (SPC-5, 7.7.6.11).
    private static int WriteName(Span<byte> data, byte association, string name)
    {
        var written = Encoding.UTF8.GetBytes(name, data.Slice(4, Math.Min(248, data.Length - 4)));
        var length = (written + 4) & ~3;
        var codeSet = association == OfUnit ? Utf8 : (byte)(Iscsi | Utf8);
        return WriteHeader(data, codeSet, (byte)(association | NameDesignator), length);
    }

    private static int WriteNumber(Span<byte> data, byte designator, int number)
    {
        BinaryPrimitives.WriteUInt16BigEndian(data[6..], (ushort)number);
        return WriteHeader(data, Iscsi | Binary, (byte)(OfPort | designator), 4);
    }
}
