using System.Buffers.Binary;

namespace Uss.Target.Scsi.Copy;

/// <summary>The parameter list of EXTENDED COPY (LID1) (SPC-5, 6.4.3), checked.</summary>
internal sealed class CopyRequest
{
    private const int HeaderLength = 16;

    // LIST ID USAGE: results are discarded; LIST IDENTIFIER is 0 and means nothing.
    private const int DiscardsResults = 2;
    private const int WithoutIdentifier = 3;

    /// <summary>LIST IDENTIFIER.</summary>
    public byte ListIdentifier { get; private init; }

    /// <summary>Whether results are kept under the identifier.</summary>
    public bool KeepsResults { get; private init; }

    /// <summary>Source and destination devices, null where the nexus sees none such.</summary>
    public LunView?[] Devices { get; private init; } = [];

    /// <summary>Segments.</summary>
    public CopySegment[] Segments { get; private init; } = [];

    /// <summary>Reads a list. Nothing of it has taken effect when it is refused.</summary>
    public static Sense? TryRead(ReadOnlySpan<byte> list, DeviceNexus nexus, out CopyRequest request)
    {
        request = new CopyRequest();
        if (list.Length < HeaderLength)
            return Sense.Illegal(AdditionalSense.ParameterListLengthError);
        var usage = (list[1] >> 3) & 0x03;
        if (usage == 1)
            return Sense.InvalidParameter(1, 4);
        if (usage == WithoutIdentifier && list[0] != 0)
            return Sense.InvalidParameter(0);

        long devicesLength = BinaryPrimitives.ReadUInt16BigEndian(list[2..]);
        long segmentsLength = BinaryPrimitives.ReadUInt32BigEndian(list[8..]);
        long inlineLength = BinaryPrimitives.ReadUInt32BigEndian(list[12..]);
        var listsLength = devicesLength + segmentsLength;
        if (listsLength > CopyLimits.ListBytes || HeaderLength + listsLength + inlineLength > list.Length)
            return Sense.Illegal(AdditionalSense.ParameterListLengthError);
        if (inlineLength > 0)
            return Sense.InvalidParameter(12);

        var start = HeaderLength + (int)devicesLength;
        if (ReadDevices(list[..start], nexus, out var devices) is { } badDevice)
            return badDevice;
        if (ReadSegments(list[..(start + (int)segmentsLength)], start, out var segments) is { } badSegment)
            return badSegment;
        request = new CopyRequest
        {
            ListIdentifier = list[0],
            KeepsResults = usage is not (DiscardsResults or WithoutIdentifier),
            Devices = devices,
            Segments = segments,
        };
        return null;
    }

    private static Sense? ReadDevices(ReadOnlySpan<byte> list, DeviceNexus nexus, out LunView?[] devices)
    {
        var count = (list.Length - HeaderLength + CopyDevice.Length - 1) / CopyDevice.Length;
        devices = new LunView?[count];
        if (count > CopyLimits.Devices)
            return Sense.Illegal(AdditionalSense.TooManyTargetDescriptors);
        for (var i = 0; i < count; i++)
        {
            var descriptor = list[(HeaderLength + i * CopyDevice.Length)..];
            if (descriptor[0] != CopyDevice.TypeCode)
                return Sense.Illegal(AdditionalSense.UnsupportedTargetDescriptorTypeCode);
            if (descriptor.Length < CopyDevice.Length)
                return Sense.Illegal(AdditionalSense.ParameterListLengthError);
            devices[i] = CopyDevice.Find(descriptor, nexus);
        }

        return null;
    }

    private static Sense? ReadSegments(ReadOnlySpan<byte> list, int start, out CopySegment[] segments)
    {
        var count = (list.Length - start + CopySegment.Length - 1) / CopySegment.Length;
        segments = new CopySegment[count];
        for (var i = 0; i < count && i < CopyLimits.Segments; i++)
        {
            var descriptor = list[(start + i * CopySegment.Length)..];
            if (descriptor[0] != CopySegment.TypeCode)
                return Sense.Illegal(AdditionalSense.UnsupportedSegmentDescriptorTypeCode);
            if (descriptor.Length < CopySegment.Length)
                return Sense.Illegal(AdditionalSense.ParameterListLengthError);
            if (BinaryPrimitives.ReadUInt16BigEndian(descriptor[2..]) != CopySegment.Length - 4)
                return Sense.InvalidParameter(start + i * CopySegment.Length + 2);
            segments[i] = CopySegment.Read(descriptor);
        }

        return count > CopyLimits.Segments ? Sense.Illegal(AdditionalSense.TooManySegmentDescriptors) : null;
    }
}
