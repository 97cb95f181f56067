using System.Buffers.Binary;
using Uss.Target.Scsi.ModePages;

namespace Uss.Target.Scsi;

/// <summary>MODE SENSE (6) and (10) (SPC-5, 6.13 and 6.14).</summary>
internal static class ModeSense
{
    private const int AllPages = 0x3F;
    private const int AllSubpages = 0xFF;

    // All pages, the longest header and block descriptor: far less.
    private const int Capacity = 512;

    private enum PageControl
    {
        Current = 0,
        Changeable = 1,
        Default = 2,
        Saved = 3,
    }

    public static ValueTask Execute6(ScsiDevice device, ScsiCommand command, LunView view) =>
        Execute(device, command, view, isLong: false, command.Cdb[4]);

    public static ValueTask Execute10(ScsiDevice device, ScsiCommand command, LunView view) =>
        Execute(device, command, view, isLong: true, BinaryPrimitives.ReadUInt16BigEndian(command.Cdb[7..]));

    private static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view, bool isLong, int allocationLength)
    {
        var control = (PageControl)(command.Cdb[2] >> 6);
        var pageCode = command.Cdb[2] & 0x3F;
        var subpageCode = command.Cdb[3];
        if (control == PageControl.Saved)
            return command.Fail(view, Sense.Illegal(AdditionalSense.SavingParametersNotSupported));

        var data = device.RentCleared(Capacity, out var buffer);
        var length = isLong ? 8 : 4;
        if ((command.Cdb[1] & 0x08) == 0)
            length += WriteBlockDescriptor(data[length..], view.Unit, isLong && (command.Cdb[1] & 0x10) != 0);
        var headerLength = length;
        foreach (var page in ModePage.All)
        {
            if (Selects(pageCode, subpageCode, page))
                length += WritePage(data.Slice(length, page.Length), page, control, view.Unit.Mode);
        }

        if (length == headerLength)
        {
            buffer.Release();
            return command.Fail(view, IsPageKnown(pageCode) ? Sense.InvalidCdbField(3) : Sense.InvalidCdbField(2, 5));
        }

        WriteHeader(data, command, view, isLong, headerLength, length);
        return command.GoodWith(buffer, length, allocationLength);
    }

    private static void WriteHeader(Span<byte> data, ScsiCommand command, LunView view, bool isLong, int headerLength, int length)
    {
        // DEVICE-SPECIFIC PARAMETER (SBC-4, 6.5.1): WP and DPOFUA.
        var isProtected = view.IsReadOnly || view.Unit.Mode.IsWriteProtected;
        var parameter = (byte)((isProtected ? 0x80 : 0) | 0x10);
        if (isLong)
        {
            BinaryPrimitives.WriteUInt16BigEndian(data, (ushort)(length - 2));
            data[3] = parameter;
            data[4] = (byte)(headerLength == 8 + 16 ? 1 : 0);
            BinaryPrimitives.WriteUInt16BigEndian(data[6..], (ushort)(headerLength - 8));
        }
        else
        {
            data[0] = (byte)(length - 1);
            data[2] = parameter;
            data[3] = (byte)(headerLength - 4);
        }
    }

    // SBC-4, 6.5.2: short LBA and long LBA mode parameter block descriptors.
    private static int WriteBlockDescriptor(Span<byte> data, LogicalUnit unit, bool isLong)
    {
        if (isLong)
        {
            BinaryPrimitives.WriteUInt64BigEndian(data, unit.Blocks);
            BinaryPrimitives.WriteUInt32BigEndian(data[12..], LogicalUnit.BlockBytes);
            return 16;
        }

        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)Math.Min(unit.Blocks, uint.MaxValue));
        BinaryPrimitives.WriteUInt32BigEndian(data[4..], LogicalUnit.BlockBytes);
        return 8;
    }

    // All pages come without subpages unless all of these are asked for, too.
    private static bool Selects(int pageCode, int subpageCode, ModePage page)
    {
        if (pageCode != AllPages && pageCode != page.PageCode)
            return false;
        if (subpageCode == AllSubpages)
            return true;
        return subpageCode == page.SubpageCode && (pageCode != AllPages || subpageCode == 0);
    }

    private static bool IsPageKnown(int pageCode) => pageCode == AllPages || Array.Exists(ModePage.All, page => page.PageCode == pageCode);

    private static int WritePage(Span<byte> data, ModePage page, PageControl control, in ModeParameters current)
    {
        page.WriteHeader(data);
        if (control == PageControl.Changeable)
            page.WriteChangeable(data);
        else
            page.WriteValues(data, control == PageControl.Default ? default : current);
        return page.Length;
    }
}
