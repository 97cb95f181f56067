using System.Buffers.Binary;
using System.Text;
using Uss.Target.Scsi.Copy;

namespace Uss.Target.Scsi;

/// <summary>The vital product data pages (SPC-5, 7.7; SBC-4, 6.6).</summary>
internal static class VitalProductData
{
    private const byte SupportedPages = 0x00;
    private const byte UnitSerialNumber = 0x80;
    private const byte DeviceIdentificationPage = 0x83;
    private const byte ExtendedInquiryData = 0x86;
    private const byte ThirdPartyCopy = 0x8F;
    private const byte BlockLimitsPage = 0xB0;
    private const byte BlockDeviceCharacteristics = 0xB1;
    private const byte LogicalBlockProvisioning = 0xB2;

    private const int HeaderLength = 4;

    // Room for the longest page; iSCSI names have up to 223 bytes (RFC 7143, 4.2.7.1).
    private const int Capacity = 1024;

    private static ReadOnlySpan<byte> UnitPages =>
    [
        SupportedPages,
        UnitSerialNumber,
        DeviceIdentificationPage,
        ExtendedInquiryData,
        ThirdPartyCopy,
        BlockLimitsPage,
        BlockDeviceCharacteristics,
        LogicalBlockProvisioning,
    ];

    // What can be said of a LUN without a volume: nothing. Of the well known logical unit: whose it is.
    private static ReadOnlySpan<byte> WellKnownPages => [SupportedPages, DeviceIdentificationPage];

    private static ReadOnlySpan<byte> NoUnitPages => [SupportedPages];

    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView? view, byte peripheral, int allocationLength)
    {
        var page = command.Cdb[2];
        var pages = peripheral switch
        {
            Inquiry.NoUnit => NoUnitPages,
            Inquiry.WellKnownUnit => WellKnownPages,
            _ => UnitPages,
        };
        if (!pages.Contains(page))
            return command.Fail(view, Sense.InvalidCdbField(2));

        var data = device.RentCleared(Capacity, out var buffer);
        data[0] = peripheral;
        data[1] = page;
        var length = page switch
        {
            SupportedPages => WriteSupported(data[HeaderLength..], pages),
            UnitSerialNumber => WriteSerialNumber(data[HeaderLength..], view!.Unit),
            DeviceIdentificationPage => DeviceIdentification.Write(data[HeaderLength..], device, command.Nexus, view?.Unit),
            ExtendedInquiryData => WriteExtendedInquiry(data[HeaderLength..]),
            ThirdPartyCopy => ThirdPartyCopyPage.Write(data[HeaderLength..]),
            BlockLimitsPage => WriteBlockLimits(data[HeaderLength..]),
            BlockDeviceCharacteristics => WriteCharacteristics(data[HeaderLength..]),
            _ => WriteProvisioning(data[HeaderLength..], device, view!.Unit),
        };
        BinaryPrimitives.WriteUInt16BigEndian(data[2..], (ushort)length);
        return command.GoodWith(buffer, HeaderLength + length, allocationLength);
    }

    private static int WriteSupported(Span<byte> data, ReadOnlySpan<byte> pages)
    {
        pages.CopyTo(data);
        return pages.Length;
    }

    private static int WriteSerialNumber(Span<byte> data, LogicalUnit unit) =>
        Encoding.ASCII.GetBytes(unit.Volume.Id.ToString(), data);

    // SPC-5, 7.7.7.
    private static int WriteExtendedInquiry(Span<byte> data)
    {
        // Byte offsets count from the page's start, as in the standard.
        var page = 60;

        // HEADSUP, ORDSUP, SIMPSUP.
        data[5 - HeaderLength] = 0x07;

        // LUICLR: unit attention conditions for the whole logical unit are cleared for one nexus at a time.
        data[7 - HeaderLength] = 0x01;
        data[13 - HeaderLength] = ScsiCommand.SenseCapacity;
        return page;
    }

    // SBC-4, 6.6.5.
    private static int WriteBlockLimits(Span<byte> data)
    {
        data[5 - HeaderLength] = BlockLimits.MaximumCompareAndWrite;
        BinaryPrimitives.WriteUInt16BigEndian(data[(6 - HeaderLength)..], BlockLimits.OptimalGranularity);
        BinaryPrimitives.WriteUInt32BigEndian(data[(8 - HeaderLength)..], BlockLimits.MaximumTransfer);
        BinaryPrimitives.WriteUInt32BigEndian(data[(12 - HeaderLength)..], BlockLimits.OptimalTransfer);
        BinaryPrimitives.WriteUInt32BigEndian(data[(20 - HeaderLength)..], BlockLimits.MaximumUnmap);
        BinaryPrimitives.WriteUInt32BigEndian(data[(24 - HeaderLength)..], BlockLimits.MaximumUnmapDescriptors);
        BinaryPrimitives.WriteUInt32BigEndian(data[(28 - HeaderLength)..], BlockLimits.UnmapGranularity);

        // UGAVALID with an alignment of 0.
        BinaryPrimitives.WriteUInt32BigEndian(data[(32 - HeaderLength)..], 0x8000_0000);
        BinaryPrimitives.WriteUInt64BigEndian(data[(36 - HeaderLength)..], BlockLimits.MaximumWriteSame);

        // No alignment, granularity or boundary for atomic writes.
        BinaryPrimitives.WriteUInt32BigEndian(data[(44 - HeaderLength)..], BlockLimits.MaximumAtomic);
        return 0x3C;
    }

    // SBC-4, 6.6.2.
    private static int WriteCharacteristics(Span<byte> data)
    {
        // MEDIUM ROTATION RATE 1: not rotating.
        BinaryPrimitives.WriteUInt16BigEndian(data, 1);
        return 0x3C;
    }

    // SBC-4, 6.6.7.
    private static int WriteProvisioning(Span<byte> data, ScsiDevice device, LogicalUnit unit)
    {
        if (device.ThinUsage?.Invoke(unit.Volume.Name) is not null)
            data[0] = LogSense.ThresholdExponent;

        // LBPU, LBPWS, LBPWS10; LBPRZ 001b: unmapped blocks read as zeros.
        data[5 - HeaderLength] = 0xE4;

        // PROVISIONING TYPE 2: thin.
        data[6 - HeaderLength] = 0x02;
        return 4;
    }
}
