using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Target.Scsi.Copy;

/// <summary>
/// EXTENDED COPY (LID1) (SPC-5, 6.4) between logical units that the asking nexus sees. Zeros are unmapped at the
/// destination, so that a thin volume stays thin.
/// </summary>
internal static class ExtendedCopy
{
    // Memory that one copy takes, in bytes.
    private const int ChunkBytes = 1 << 20;

    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var length = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(command.Cdb[10..]);
        command.TransferLength = command.DataOut.Length;
        if (length == 0)
            return command.Good();
        if (CopyRequest.TryRead(command.DataOut.Span, view.Nexus, out var request) is { } sense)
            return command.Fail(view, sense);
        if (request.KeepsResults
            && view.Copies.TryGetValue(request.ListIdentifier, out var other)
            && other.Status == CopyStatus.InProgress)
        {
            return command.Fail(view, Sense.Illegal(AdditionalSense.OperationInProgress));
        }

        return Run(device, command, view, request);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask Run(ScsiDevice device, ScsiCommand command, LunView view, CopyRequest request)
    {
        var result = new CopyResult();
        if (request.KeepsResults)
            view.Copies[request.ListIdentifier] = result;
        var buffer = device.Buffers.Rent(ChunkBytes);
        command.Status = ScsiStatus.Good;
        foreach (var segment in request.Segments)
        {
            if (await CopyAsync(command, view, request, segment, result, buffer) is { } sense)
            {
                await command.Fail(view, sense with { Segment = result.Segments + 1 });
                break;
            }

            if (command.Status != ScsiStatus.Good || command.IsAborted)
                break;
            result.Segments++;
        }

        buffer.Release();
        result.Status = command.Status == ScsiStatus.Good ? CopyStatus.Completed : CopyStatus.Failed;
        result.Sense = command.Sense[..command.SenseLength].ToArray();
    }

    // Null when the segment is copied, or when the command has ended with another status than CHECK CONDITION.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private static async ValueTask<Sense?> CopyAsync(
        ScsiCommand command, LunView view, CopyRequest request, CopySegment segment, CopyResult progress, PageBuffer buffer)
    {
        if (Find(request, segment.Source) is not { } source || Find(request, segment.Target) is not { } target)
            return Aborted(AdditionalSense.CopyTargetDeviceNotReachable);
        if (!source.Unit.Contains(segment.SourceLba, segment.Blocks) || !target.Unit.Contains(segment.TargetLba, segment.Blocks))
            return Aborted(AdditionalSense.None);
        if (target.IsReadOnly || target.Unit.Mode.IsWriteProtected)
            return Aborted(AdditionalSense.ThirdPartyDeviceFailure);

        var from = (long)segment.SourceLba << LogicalUnit.BlockShift;
        var to = (long)segment.TargetLba << LogicalUnit.BlockShift;
        var length = (long)segment.Blocks << LogicalUnit.BlockShift;

        // Backwards where the segment overlaps itself further up, so that nothing is read after it was written.
        var isBackwards = ReferenceEquals(source.Unit, target.Unit) && to > from && to < from + length;
        for (var done = 0L; done < length && !command.IsAborted;)
        {
            // A reservation may have come into force meanwhile.
            if (IsExcluded(source, isRead: true) || IsExcluded(target, isRead: false))
            {
                await command.End(ScsiStatus.ReservationConflict);
                return null;
            }

            var size = (int)Math.Min(length - done, ChunkBytes);
            var at = isBackwards ? length - done - size : done;
            var chunk = buffer.Slice(0, size);
            var result = await source.Unit.Volume.ReadAsync(from + at, chunk);
            if (result.IsOk)
                result = await WriteAsync(target, to + at, chunk);
            if (!result.IsOk)
                return Explain(command, result);
            done += size;
            progress.Bytes += size;
        }

        return null;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private static async ValueTask<VolumeResult> WriteAsync(LunView target, long offset, BufferSlice chunk)
    {
        target.Enter();
        var result = chunk.Span.ContainsAnyExcept((byte)0)
            ? await target.Unit.Volume.WriteAsync(offset, chunk)
            : await target.Unit.Volume.DiscardAsync(offset, chunk.Length);
        target.Leave();
        return result;
    }

    private static LunView? Find(CopyRequest request, int index) => index < request.Devices.Length ? request.Devices[index] : null;

    private static bool IsExcluded(LunView view, bool isRead) =>
        view.Unit.ReservedBy is { } holder ? !ReferenceEquals(holder, view.Nexus) : view.Unit.Reservations.Excludes(view.Nexus, isRead);

    private static Sense Aborted(AdditionalSense code) => new(SenseKey.CopyAborted, code);

    private static Sense? Explain(ScsiCommand command, VolumeResult result)
    {
        switch (result.Status)
        {
            case VolumeStatus.NoSpace:
                return new Sense(SenseKey.DataProtect, AdditionalSense.SpaceAllocationFailedWriteProtect);
            case VolumeStatus.Unavailable:
                command.End(ScsiStatus.Busy);
                return null;
            case VolumeStatus.Damaged:
                return Aborted(AdditionalSense.UnrecoveredReadError);
            default:
                return Aborted(AdditionalSense.ThirdPartyDeviceFailure);
        }
    }
}
