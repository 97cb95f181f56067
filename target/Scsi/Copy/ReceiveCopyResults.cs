using System.Buffers.Binary;

namespace Uss.Target.Scsi.Copy;

/// <summary>
/// RECEIVE COPY STATUS (LID1), RECEIVE COPY OPERATING PARAMETERS and RECEIVE COPY FAILURE DETAILS (LID1) (SPC-5, 6.21,
/// 6.19 and 6.18).
/// </summary>
internal static class ReceiveCopyResults
{
    // TRANSFER COUNT UNITS 1: kibibytes.
    private const byte Kibibytes = 1;

    public static ValueTask Status(ScsiDevice device, ScsiCommand command, LunView view)
    {
        if (!view.Copies.TryGetValue(command.Cdb[2], out var result))
            return command.Fail(view, Sense.InvalidCdbField(2));
        var data = device.RentCleared(12, out var buffer);
        BinaryPrimitives.WriteUInt32BigEndian(data, 8);
        data[4] = (byte)result.Status;
        BinaryPrimitives.WriteUInt16BigEndian(data[5..], (ushort)result.Segments);
        data[7] = Kibibytes;
        BinaryPrimitives.WriteUInt32BigEndian(data[8..], (uint)(result.Bytes >> 10));
        return command.GoodWith(buffer, 12, AllocationLength(command));
    }

    public static ValueTask OperatingParameters(ScsiDevice device, ScsiCommand command, LunView view)
    {
        const int length = 46;
        var data = device.RentCleared(length, out var buffer);
        BinaryPrimitives.WriteUInt32BigEndian(data, length - 4);

        // SNLID: a list identifier is not needed.
        data[4] = 0x01;
        BinaryPrimitives.WriteUInt16BigEndian(data[8..], CopyLimits.Devices);
        BinaryPrimitives.WriteUInt16BigEndian(data[10..], CopyLimits.Segments);
        BinaryPrimitives.WriteUInt32BigEndian(data[12..], CopyLimits.ListBytes);
        BinaryPrimitives.WriteUInt32BigEndian(data[16..], CopyLimits.SegmentBytes);
        BinaryPrimitives.WriteUInt16BigEndian(data[34..], CopyLimits.ConcurrentCopies);
        data[36] = (byte)Math.Min(CopyLimits.ConcurrentCopies, (ushort)byte.MaxValue);
        data[37] = LogicalUnit.BlockShift;
        data[43] = 2;
        data[44] = CopySegment.TypeCode;
        data[45] = CopyDevice.TypeCode;
        return command.GoodWith(buffer, length, AllocationLength(command));
    }

    public static ValueTask FailureDetails(ScsiDevice device, ScsiCommand command, LunView view)
    {
        if (!view.Copies.TryGetValue(command.Cdb[2], out var result) || result.Status != CopyStatus.Failed)
            return command.Fail(view, Sense.InvalidCdbField(2));
        var length = 60 + result.Sense.Length;
        var data = device.RentCleared(length, out var buffer);
        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)(length - 4));
        data[56] = (byte)ScsiStatus.CheckCondition;
        BinaryPrimitives.WriteUInt16BigEndian(data[58..], (ushort)result.Sense.Length);
        result.Sense.CopyTo(data[60..]);

        // Told once: reading the details makes the identifier free (SPC-5, 6.18).
        view.Copies.Remove(command.Cdb[2]);
        return command.GoodWith(buffer, length, AllocationLength(command));
    }

    private static uint AllocationLength(ScsiCommand command) => BinaryPrimitives.ReadUInt32BigEndian(command.Cdb[10..]);
}
