using System.Buffers.Binary;

namespace Uss.Target.Scsi;

/// <summary>
/// LOG SENSE (SPC-5, 6.7): the list of pages and, where usage is known, the Logical Block Provisioning log page
/// (SBC-4, 6.4.5).
/// </summary>
internal static class LogSense
{
    /// <summary>THRESHOLD EXPONENT: resources are counted in units of 2^11 blocks, 1 MiB.</summary>
    public const byte ThresholdExponent = 11;

    private const byte SupportedPages = 0x00;
    private const byte Provisioning = 0x0C;
    private const byte AllSubpages = 0xFF;
    private const int HeaderLength = 4;
    private const int ParameterLength = 12;

    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var page = (byte)(command.Cdb[2] & 0x3F);
        var subpage = command.Cdb[3];
        var firstParameter = BinaryPrimitives.ReadUInt16BigEndian(command.Cdb[5..]);
        var usage = device.ThinUsage?.Invoke(view.Unit.Volume.Name);
        var isList = page == SupportedPages && subpage is 0 or AllSubpages;
        if (page != SupportedPages && (page != Provisioning || usage is null))
            return command.Fail(view, Sense.InvalidCdbField(2, 5));
        if (!isList && subpage != 0)
            return command.Fail(view, Sense.InvalidCdbField(3));
        if (firstParameter > (isList ? 0 : 2))
            return command.Fail(view, Sense.InvalidCdbField(5));

        var data = device.RentCleared(HeaderLength + 2 * ParameterLength, out var buffer);
        data[0] = (byte)(page | (subpage == 0 ? 0 : 0x40));
        data[1] = subpage;
        var length = isList
            ? WriteList(data[HeaderLength..], subpage == AllSubpages, usage is not null)
            : WriteUsage(data[HeaderLength..], usage!.Value, firstParameter);
        BinaryPrimitives.WriteUInt16BigEndian(data[2..], (ushort)length);
        return command.GoodWith(buffer, HeaderLength + length, BinaryPrimitives.ReadUInt16BigEndian(command.Cdb[7..]));
    }

    private static int WriteList(Span<byte> data, bool withSubpages, bool hasUsage)
    {
        var length = 0;
        data[length++] = SupportedPages;
        if (withSubpages)
        {
            data[length++] = 0;
            data[length++] = SupportedPages;
            data[length++] = AllSubpages;
        }

        if (hasUsage)
        {
            data[length++] = Provisioning;
            if (withSubpages)
                data[length++] = 0;
        }

        return length;
    }

    private static int WriteUsage(Span<byte> data, ThinUsage usage, int firstParameter)
    {
        var length = 0;
        if (firstParameter <= 1)
            length += WriteParameter(data, 1, usage.AvailableBytes);
        return length + WriteParameter(data[length..], 2, usage.UsedBytes);
    }

    private static int WriteParameter(Span<byte> data, ushort code, long bytes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(data, code);

        // FORMAT AND LINKING 11b: a binary list.
        data[2] = 0x03;
        data[3] = ParameterLength - 4;
        var resources = bytes >> (ThresholdExponent + LogicalUnit.BlockShift);
        BinaryPrimitives.WriteUInt32BigEndian(data[4..], (uint)Math.Clamp(resources, 0, uint.MaxValue));

        // SCOPE: what is available is shared with other volumes (10b), what is used is this one's (01b).
        data[8] = (byte)(code == 1 ? 0x02 : 0x01);
        return ParameterLength;
    }
}
