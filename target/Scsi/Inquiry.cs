using System.Buffers.Binary;
using System.Text;

namespace Uss.Target.Scsi;

/// <summary>INQUIRY (SPC-5, 6.6): standard data here, vital product data in <see cref="VitalProductData"/>.</summary>
internal static class Inquiry
{
    /// <summary>Length of the standard data in bytes, all eight version descriptors included.</summary>
    public const int StandardLength = 96;

    /// <summary>T10 vendor identification.</summary>
    public const string Vendor = "USS";

    /// <summary>Peripheral qualifier and type of a LUN under which there is nothing (SPC-5, table 148).</summary>
    public const byte NoUnit = 0x7F;

    /// <summary>Peripheral device type of a well known logical unit.</summary>
    public const byte WellKnownUnit = 0x1E;

    private const string Product = "Virtual Volume";
    private const string Revision = "1";

    // SPC-4. Conformance suites of today accept nothing later; what SPC-5 adds is announced by its own pages.
    private const byte Version = 0x06;

    // SAM-5, SPC-4, SBC-3, iSCSI (no version claimed for any of them; SPC-5, table 149).
    private static readonly ushort[] s_versionDescriptors = [0x00A0, 0x0460, 0x04C0, 0x0960];

    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view) => Run(device, command, view, 0x00);

    public static ValueTask ExecuteWithoutUnit(ScsiDevice device, ScsiCommand command) => Run(device, command, null, NoUnit);

    public static ValueTask ExecuteWellKnown(ScsiDevice device, ScsiCommand command) => Run(device, command, null, WellKnownUnit);

    private static ValueTask Run(ScsiDevice device, ScsiCommand command, LunView? view, byte peripheral)
    {
        var cdb = command.Cdb;
        var allocationLength = BinaryPrimitives.ReadUInt16BigEndian(cdb[3..]);
        if ((cdb[1] & 0x01) != 0)
            return VitalProductData.Execute(device, command, view, peripheral, allocationLength);
        if (cdb[2] != 0)
            return command.Fail(view, Sense.InvalidCdbField(2));
        WriteStandard(device.RentCleared(StandardLength, out var buffer), peripheral);
        return command.GoodWith(buffer, StandardLength, allocationLength);
    }

    private static void WriteStandard(Span<byte> data, byte peripheral)
    {
        data[0] = peripheral;
        data[2] = Version;

        // HISUP; response data format 2.
        data[3] = 0x12;
        data[4] = StandardLength - 5;

        // 3PC: third-party copy, by volumes only.
        if (peripheral == 0)
            data[5] = 0x08;

        // MULTIP: more than one target port; CMDQUE: the full task management model.
        data[6] = 0x10;
        data[7] = 0x02;
        WriteText(data.Slice(8, 8), Vendor);
        WriteText(data.Slice(16, 16), Product);
        WriteText(data.Slice(32, 4), Revision);
        for (var i = 0; i < s_versionDescriptors.Length; i++)
            BinaryPrimitives.WriteUInt16BigEndian(data[(58 + 2 * i)..], s_versionDescriptors[i]);
    }

    /// <summary>Left-aligned ASCII, padded with spaces (SPC-5, 4.3.1).</summary>
    public static void WriteText(Span<byte> field, string text)
    {
        field.Fill((byte)' ');
        Encoding.ASCII.GetBytes(text, field);
    }
}
