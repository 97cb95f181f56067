using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Target.Scsi;

/// <summary>UNMAP (SBC-4, 5.35). All descriptors are checked before the first takes effect.</summary>
internal static class Unmap
{
    private const int HeaderLength = 8;
    private const int DescriptorLength = 16;

    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var listLength = BinaryPrimitives.ReadUInt16BigEndian(command.Cdb[7..]);
        command.TransferLength = listLength;
        if (listLength == 0)
            return command.Good();
        var list = command.DataOut.Span;
        if (list.Length < HeaderLength)
            return command.Fail(view, Sense.Illegal(AdditionalSense.ParameterListLengthError));

        // Descriptors that the lengths cut off are ignored.
        var length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(list[2..]), list.Length - HeaderLength);
        var count = length / DescriptorLength;
        if (count > BlockLimits.MaximumUnmapDescriptors)
            return command.Fail(view, Sense.InvalidParameter(2));
        ulong total = 0;
        for (var i = 0; i < count; i++)
        {
            var extent = Descriptor(list, i);
            total += extent.Count;
            if (!view.Unit.Contains(extent.Lba, extent.Count))
                return command.Fail(view, Sense.Illegal(AdditionalSense.LogicalBlockAddressOutOfRange));
            if (total > BlockLimits.MaximumUnmap)
                return command.Fail(view, Sense.InvalidParameter(HeaderLength + i * DescriptorLength + 8));
        }

        return Run(command, view, count);
    }

    private static BlockCdb Descriptor(ReadOnlySpan<byte> list, int index)
    {
        var descriptor = list[(HeaderLength + index * DescriptorLength)..];
        return new BlockCdb(BinaryPrimitives.ReadUInt64BigEndian(descriptor), BinaryPrimitives.ReadUInt32BigEndian(descriptor[8..]));
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask Run(ScsiCommand command, LunView view, int count)
    {
        var result = VolumeResult.Ok;
        for (var i = 0; i < count && result.IsOk && !command.IsAborted; i++)
        {
            var extent = Descriptor(command.DataOut.Span, i);
            if (extent.Count > 0)
            {
                result = await view.Unit.Volume.DiscardAsync(
                    (long)extent.Lba << LogicalUnit.BlockShift, (long)extent.Count << LogicalUnit.BlockShift);
            }
        }

        ReadWrite.EndChange(command, view, result);
    }
}
