using System.Buffers.Binary;

namespace Uss.Target.Scsi;

/// <summary>
/// REPORT SUPPORTED OPERATION CODES (SPC-5, 6.35), straight from the table that dispatches, and REPORT SUPPORTED TASK
/// MANAGEMENT FUNCTIONS (SPC-5, 6.36).
/// </summary>
internal static class SupportedCommands
{
    private const int TimeoutsLength = 12;

    // SUPPORT field of the one_command parameter data.
    private const byte NotSupported = 0x01;
    private const byte Supported = 0x03;

    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var cdb = command.Cdb;
        var hasTimeouts = (cdb[2] & 0x80) != 0;
        var allocationLength = BinaryPrimitives.ReadUInt32BigEndian(cdb[6..]);
        var operationCode = cdb[3];
        var serviceAction = BinaryPrimitives.ReadUInt16BigEndian(cdb[4..]);
        var rows = CommandTable.RowsOf(operationCode);
        var hasServiceActions = !rows.IsEmpty && rows[0].HasServiceAction;
        switch (cdb[2] & 0x07)
        {
            case 0:
                return ReportAll(device, command, hasTimeouts, allocationLength);
            case 1 when hasServiceActions:
            case 2 when !rows.IsEmpty && !hasServiceActions:
                return command.Fail(view, Sense.InvalidCdbField(2, 2));
            case 1:
                return ReportOne(device, command, CommandTable.Find(operationCode, 0), hasTimeouts, allocationLength);
            case 2:
            case 3 when hasServiceActions || serviceAction == 0:
                return ReportOne(device, command, CommandTable.Find(operationCode, serviceAction), hasTimeouts, allocationLength);
            case 3:
                return ReportOne(device, command, null, hasTimeouts, allocationLength);
            default:
                return command.Fail(view, Sense.InvalidCdbField(2, 2));
        }
    }

    public static ValueTask ExecuteTaskManagement(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var allocationLength = BinaryPrimitives.ReadUInt32BigEndian(command.Cdb[6..]);
        if (allocationLength < 4)
            return command.Fail(view, Sense.InvalidCdbField(6));

        // REPD: extended parameter data, here without time-outs.
        var length = (command.Cdb[2] & 0x80) != 0 ? 16 : 4;
        var data = device.RentCleared(length, out var buffer);

        // ABORT TASK, ABORT TASK SET, CLEAR TASK SET, LOGICAL UNIT RESET, TARGET RESET.
        data[0] = 0xDA;
        data[3] = (byte)(length - 4);
        return command.GoodWith(buffer, length, allocationLength);
    }

    private static ValueTask ReportAll(ScsiDevice device, ScsiCommand command, bool hasTimeouts, long allocationLength)
    {
        var descriptorLength = 8 + (hasTimeouts ? TimeoutsLength : 0);
        var length = 4 + CommandTable.Rows.Length * descriptorLength;
        var data = device.RentCleared(length, out var buffer);
        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)(length - 4));
        var next = data[4..];
        foreach (var row in CommandTable.Rows)
        {
            next[0] = row.OperationCode;
            if (row.HasServiceAction)
                BinaryPrimitives.WriteUInt16BigEndian(next[2..], (ushort)row.ServiceAction);
            next[5] = (byte)((hasTimeouts ? 0x02 : 0) | (row.HasServiceAction ? 0x01 : 0));
            BinaryPrimitives.WriteUInt16BigEndian(next[6..], (ushort)row.Usage.Length);
            if (hasTimeouts)
                WriteTimeouts(next[8..], row);
            next = next[descriptorLength..];
        }

        return command.GoodWith(buffer, length, allocationLength);
    }

    private static ValueTask ReportOne(
        ScsiDevice device, ScsiCommand command, CommandDefinition? row, bool hasTimeouts, long allocationLength)
    {
        var length = row is null ? 4 : 4 + row.Usage.Length + (hasTimeouts ? TimeoutsLength : 0);
        var data = device.RentCleared(length, out var buffer);
        data[1] = NotSupported;
        if (row is not null)
        {
            data[1] = (byte)(Supported | (hasTimeouts ? 0x80 : 0));
            BinaryPrimitives.WriteUInt16BigEndian(data[2..], (ushort)row.Usage.Length);
            row.Usage.CopyTo(data[4..]);
            if (hasTimeouts)
                WriteTimeouts(data[(4 + row.Usage.Length)..], row);
        }

        return command.GoodWith(buffer, length, allocationLength);
    }

    // Command timeouts descriptor (SPC-5, 6.35.4). NOMINAL COMMAND PROCESSING TIMEOUT stays unspecified.
    private static void WriteTimeouts(Span<byte> data, CommandDefinition row)
    {
        BinaryPrimitives.WriteUInt16BigEndian(data, TimeoutsLength - 2);
        BinaryPrimitives.WriteUInt32BigEndian(data[8..], row.TimeoutSeconds);
    }
}
