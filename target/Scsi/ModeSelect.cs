using System.Buffers.Binary;
using Uss.Target.Scsi.ModePages;

namespace Uss.Target.Scsi;

/// <summary>
/// MODE SELECT (6) and (10) (SPC-5, 6.11 and 6.12). The whole list is checked before anything changes; bits that
/// cannot be changed must come as they are.
/// </summary>
internal static class ModeSelect
{
    public static ValueTask Execute6(ScsiDevice device, ScsiCommand command, LunView view) =>
        Execute(command, view, command.Cdb[4], 4);

    public static ValueTask Execute10(ScsiDevice device, ScsiCommand command, LunView view) =>
        Execute(command, view, BinaryPrimitives.ReadUInt16BigEndian(command.Cdb[7..]), 8);

    private static ValueTask Execute(ScsiCommand command, LunView view, int listLength, int headerLength)
    {
        command.TransferLength = listLength;
        if (listLength == 0)
            return command.Good();
        var list = command.DataOut.Span;
        var changed = view.Unit.Mode;
        if (Apply(list, headerLength, view.Unit, ref changed) is { } sense)
            return command.Fail(view, sense);
        if (!changed.Equals(view.Unit.Mode))
        {
            view.Unit.Mode = changed;
            view.Unit.Notify(UnitAttentions.ModeParametersChanged, view);
        }

        return command.Good();
    }

    private static Sense? Apply(ReadOnlySpan<byte> list, int headerLength, LogicalUnit unit, ref ModeParameters parameters)
    {
        if (list.Length < headerLength)
            return Sense.Illegal(AdditionalSense.ParameterListLengthError);
        var isLong = headerLength == 8;

        // MEDIUM TYPE.
        if (list[isLong ? 2 : 1] != 0)
            return Sense.InvalidParameter(isLong ? 2 : 1);
        var descriptorLength = isLong ? BinaryPrimitives.ReadUInt16BigEndian(list[6..]) : list[3];
        if (list.Length < headerLength + descriptorLength)
            return Sense.Illegal(AdditionalSense.ParameterListLengthError);
        var isLongLba = isLong && (list[4] & 0x01) != 0;
        if (descriptorLength != 0 && descriptorLength != (isLongLba ? 16 : 8))
            return Sense.InvalidParameter(isLong ? 6 : 3);
        if (descriptorLength != 0 && !IsCurrent(list.Slice(headerLength, descriptorLength), unit, isLongLba))
            return Sense.InvalidParameter(headerLength);

        for (var start = headerLength + descriptorLength; start < list.Length;)
        {
            if (ApplyPage(list, start, ref parameters, out var length) is { } sense)
                return sense;
            start += length;
        }

        return null;
    }

    // The block length is fixed; the number of blocks may be 0 or all ones, both of which leave it (SBC-4, 6.5.2).
    private static bool IsCurrent(ReadOnlySpan<byte> descriptor, LogicalUnit unit, bool isLongLba)
    {
        if (isLongLba)
        {
            var count = BinaryPrimitives.ReadUInt64BigEndian(descriptor);
            return BinaryPrimitives.ReadUInt32BigEndian(descriptor[12..]) == LogicalUnit.BlockBytes
                && (count is 0 or ulong.MaxValue || count == unit.Blocks);
        }

        var blocks = BinaryPrimitives.ReadUInt32BigEndian(descriptor);
        return (BinaryPrimitives.ReadUInt32BigEndian(descriptor[4..]) & 0xFF_FFFF) == LogicalUnit.BlockBytes
            && (blocks is 0 or uint.MaxValue || blocks == unit.Blocks);
    }

    private static Sense? ApplyPage(ReadOnlySpan<byte> list, int start, ref ModeParameters parameters, out int length)
    {
        length = 0;
        var rest = list[start..];
        var isSubpage = (rest[0] & 0x40) != 0;
        if (rest.Length < (isSubpage ? 4 : 2))
            return Sense.Illegal(AdditionalSense.ParameterListLengthError);
        if (Find(rest[0] & 0x3F, isSubpage ? rest[1] : 0) is not { } page)
            return Sense.InvalidParameter(start, 5);
        length = isSubpage ? 4 + BinaryPrimitives.ReadUInt16BigEndian(rest[2..]) : 2 + rest[1];
        if (length != page.Length)
            return Sense.InvalidParameter(start + (isSubpage ? 2 : 1));
        if (rest.Length < length)
            return Sense.Illegal(AdditionalSense.ParameterListLengthError);

        Span<byte> current = stackalloc byte[length];
        Span<byte> changeable = stackalloc byte[length];
        current.Clear();
        changeable.Clear();
        page.WriteValues(current, parameters);
        page.WriteChangeable(changeable);
        for (var i = page.HeaderLength; i < length; i++)
        {
            var refused = (rest[i] ^ current[i]) & ~changeable[i] & 0xFF;
            if (refused != 0)
                return Sense.InvalidParameter(start + i, System.Numerics.BitOperations.Log2((uint)refused));
        }

        page.Select(rest[..length], ref parameters);
        return null;
    }

    private static ModePage? Find(int pageCode, int subpageCode) =>
        Array.Find(ModePage.All, page => page.PageCode == pageCode && page.SubpageCode == subpageCode);
}
