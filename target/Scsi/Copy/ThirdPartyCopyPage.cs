using System.Buffers.Binary;

namespace Uss.Target.Scsi.Copy;

/// <summary>The Third-Party Copy VPD page (SPC-5, 7.7.18): which copy commands there are and what they take.</summary>
internal static class ThirdPartyCopyPage
{
    private const ushort SupportedCommands = 0x0001;
    private const ushort ParameterData = 0x0004;
    private const ushort SupportedDescriptors = 0x0008;
    private const ushort GeneralCopyOperations = 0x8001;

    /// <summary>Writes the descriptors and returns their length in bytes.</summary>
    public static int Write(Span<byte> page)
    {
        var length = 0;

        // Each operation code with the number of its service actions and these.
        ReadOnlySpan<byte> commands =
        [
            8,
            OperationCode.ExtendedCopy, 1, 0x00,
            OperationCode.ReceiveCopyResults, 3, 0x00, 0x03, 0x04,
            0, 0, 0,
        ];
        commands.CopyTo(Descriptor(page, ref length, SupportedCommands, commands.Length));

        var parameters = Descriptor(page, ref length, ParameterData, 28);
        BinaryPrimitives.WriteUInt16BigEndian(parameters[4..], CopyLimits.Devices);
        BinaryPrimitives.WriteUInt16BigEndian(parameters[6..], CopyLimits.Segments);
        BinaryPrimitives.WriteUInt32BigEndian(parameters[8..], CopyLimits.ListBytes);

        ReadOnlySpan<byte> descriptors = [2, CopySegment.TypeCode, CopyDevice.TypeCode, 0];
        descriptors.CopyTo(Descriptor(page, ref length, SupportedDescriptors, descriptors.Length));

        var general = Descriptor(page, ref length, GeneralCopyOperations, 32);
        BinaryPrimitives.WriteUInt32BigEndian(general, CopyLimits.ConcurrentCopies);
        BinaryPrimitives.WriteUInt32BigEndian(general[4..], CopyLimits.ConcurrentCopies);
        BinaryPrimitives.WriteUInt32BigEndian(general[8..], CopyLimits.SegmentBytes);
        general[12] = LogicalUnit.BlockShift;
        return length;
    }

    private static Span<byte> Descriptor(Span<byte> page, ref int length, ushort type, int size)
    {
        BinaryPrimitives.WriteUInt16BigEndian(page[length..], type);
        BinaryPrimitives.WriteUInt16BigEndian(page[(length + 2)..], (ushort)size);
        var body = page.Slice(length + 4, size);
        length += 4 + size;
        return body;
    }
}
