using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Target.Scsi;

/// <summary>GET LBA STATUS (16) (SBC-4, 5.6): which blocks are mapped, in runs that are merged as far as they go.</summary>
internal static class LbaStatus
{
    private const int HeaderLength = 8;
    private const int DescriptorLength = 16;

    // Bounds of one command's work; the initiator asks again from where the answer ends.
    private const int MaximumDescriptors = 1024;
    private const int MaximumQueries = 1024;

    private const byte Deallocated = 1;

    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var lba = BinaryPrimitives.ReadUInt64BigEndian(command.Cdb[2..]);
        if (lba >= view.Unit.Blocks)
            return command.Fail(view, Sense.Illegal(AdditionalSense.LogicalBlockAddressOutOfRange));
        var allocationLength = BinaryPrimitives.ReadUInt32BigEndian(command.Cdb[10..]);
        var descriptors = (int)Math.Clamp((allocationLength - (long)HeaderLength) / DescriptorLength, 1, MaximumDescriptors);
        return Run(device, command, view, (long)lba, descriptors, allocationLength);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask Run(
        ScsiDevice device, ScsiCommand command, LunView view, long lba, int maximumDescriptors, long allocationLength)
    {
        var capacity = HeaderLength + maximumDescriptors * DescriptorLength;
        device.RentCleared(capacity, out var buffer);
        var length = HeaderLength;
        var run = default(MappedRun);
        for (var queries = 0; queries < MaximumQueries && lba < (long)view.Unit.Blocks; queries++)
        {
            var extent = await view.Unit.Volume.QueryAllocationAsync(lba << LogicalUnit.BlockShift);
            var end = Math.Min(extent.Offset + extent.Length >> LogicalUnit.BlockShift, (long)view.Unit.Blocks);
            if (extent.Status != VolumeStatus.Ok || end <= lba)
            {
                buffer.Release();
                command.FailVolume(view, new VolumeResult(extent.Status == VolumeStatus.Ok ? VolumeStatus.Unavailable : extent.Status));
                return;
            }

            if (run.Count > 0 && run.IsMapped == extent.IsMapped && run.Count + (end - lba) <= uint.MaxValue)
            {
                run = run with { Count = run.Count + (end - lba) };
            }
            else
            {
                if (run.Count > 0)
                    length += run.Write(buffer.Slice(length, DescriptorLength).Span);
                run = new MappedRun(lba, Math.Min(end - lba, uint.MaxValue & ~7L), extent.IsMapped);
                if (length + DescriptorLength > capacity)
                {
                    run = default;
                    break;
                }
            }

            lba = run.Lba + run.Count;
        }

        if (run.Count > 0)
            length += run.Write(buffer.Slice(length, DescriptorLength).Span);
        BinaryPrimitives.WriteUInt32BigEndian(buffer.Slice(0, 4).Span, (uint)(length - 4));
        await command.GoodWith(buffer, length, allocationLength);
    }

    private readonly record struct MappedRun(long Lba, long Count, bool IsMapped)
    {
        public int Write(Span<byte> descriptor)
        {
            BinaryPrimitives.WriteInt64BigEndian(descriptor, Lba);
            BinaryPrimitives.WriteUInt32BigEndian(descriptor[8..], (uint)Count);
            descriptor[12] = IsMapped ? (byte)0 : Deallocated;
            return DescriptorLength;
        }
    }
}
