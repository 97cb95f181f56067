using System.Buffers.Binary;

namespace Uss.Target.Scsi;

/// <summary>REPORT LUNS (SPC-5, 6.34): what is mapped to the asking nexus, and nothing else.</summary>
internal static class ReportLuns
{
    private const int HeaderLength = 8;

    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view) => ExecuteWithoutUnit(device, command);

    /// <summary>Also for LUNs without a logical unit, of which LUN 0 matters: initiators ask there first.</summary>
    public static ValueTask ExecuteWithoutUnit(ScsiDevice device, ScsiCommand command)
    {
        var nexus = (DeviceNexus)command.Nexus;
        var allocationLength = BinaryPrimitives.ReadUInt32BigEndian(command.Cdb[6..]);
        var selectReport = command.Cdb[2];
        if (selectReport > 2)
            return command.Fail(nexus.Find(command.Lun), Sense.InvalidCdbField(2));

        var data = device.RentCleared(HeaderLength + (LunAddress.Count + 1) * 8, out var buffer);
        var length = HeaderLength;
        if (selectReport != 1)
        {
            for (var lun = 0; lun < LunAddress.Count; lun++)
            {
                if (nexus.Views[lun] is null)
                    continue;
                BinaryPrimitives.WriteUInt64BigEndian(data[length..], LunAddress.FromNumber(lun));
                length += 8;
            }
        }

        if (selectReport != 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(data[length..], LunAddress.ReportLunsWellKnown);
            length += 8;
        }

        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)(length - HeaderLength));

        // Whoever has read the list knows of its changes (SPC-5, 6.34.1).
        nexus.Clear(UnitAttentions.ReportedLunsChanged);
        return command.GoodWith(buffer, length, allocationLength);
    }
}
