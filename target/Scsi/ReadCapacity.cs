using System.Buffers.Binary;

namespace Uss.Target.Scsi;

/// <summary>READ CAPACITY (10) and (16) (SBC-4, 5.19 and 5.20).</summary>
internal static class ReadCapacity
{
    private const int Length10 = 8;
    private const int Length16 = 32;

    public static ValueTask Execute10(ScsiDevice device, ScsiCommand command, LunView view)
    {
        // LOGICAL BLOCK ADDRESS and PMI are obsolete: without PMI the address must be 0 (SBC-2, 5.10.1).
        if ((command.Cdb[8] & 0x01) == 0 && BinaryPrimitives.ReadUInt32BigEndian(command.Cdb[2..]) != 0)
            return command.Fail(view, Sense.InvalidCdbField(2));
        view.Unit.RefreshCapacity(view);
        var data = device.RentCleared(Length10, out var buffer);
        var last = view.Unit.Blocks - 1;
        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)Math.Min(last, uint.MaxValue));
        BinaryPrimitives.WriteUInt32BigEndian(data[4..], LogicalUnit.BlockBytes);
        return command.GoodWith(buffer, Length10, Length10);
    }

    public static ValueTask Execute16(ScsiDevice device, ScsiCommand command, LunView view)
    {
        view.Unit.RefreshCapacity(view);
        var allocationLength = BinaryPrimitives.ReadUInt32BigEndian(command.Cdb[10..]);
        var data = device.RentCleared(Length16, out var buffer);
        BinaryPrimitives.WriteUInt64BigEndian(data, view.Unit.Blocks - 1);
        BinaryPrimitives.WriteUInt32BigEndian(data[8..], LogicalUnit.BlockBytes);
        data[13] = LogicalUnit.BlocksPerPhysicalBlockExponent;

        // LBPME, LBPRZ; LOWEST ALIGNED LOGICAL BLOCK ADDRESS 0.
        data[14] = 0xC0;
        return command.GoodWith(buffer, Length16, allocationLength);
    }
}
