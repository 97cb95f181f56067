using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Target.Scsi;

/// <summary>VERIFY and WRITE AND VERIFY (10), (12) and (16) (SBC-4, 5.36 to 5.38 and 5.46 to 5.48).</summary>
internal static class Verify
{
    // Memory that one command takes to read what it verifies, in bytes.
    private const int ChunkBytes = 1 << 20;

    // BYTCHK, in byte 1.
    private const int CompareMask = 0x06;
    private const int CompareAll = 0x02;
    private const int CompareOneBlock = 0x06;

    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var extent = BlockCdb.Read(command.Cdb);
        var compare = command.Cdb[1] & CompareMask;
        if (compare is not (0 or CompareAll or CompareOneBlock))
            return command.Fail(view, Sense.InvalidCdbField(1, 2));
        if (!ReadWrite.Check(command, view, extent))
            return default;

        var blocks = compare switch
        {
            CompareAll => extent.Count,
            CompareOneBlock => 1u,
            _ => 0u,
        };
        if (!ReadWrite.TryGetData(command, view, blocks, out var data))
            return default;
        if (compare == CompareOneBlock && data.IsEmpty)
            return command.Good();

        // Of what the initiator did not send nothing is compared.
        var length = compare == CompareAll ? data.Length : (long)extent.Count << LogicalUnit.BlockShift;
        return Run(device, command, view, (long)extent.Lba << LogicalUnit.BlockShift, length, data);
    }

    public static ValueTask ExecuteWrite(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var extent = BlockCdb.Read(command.Cdb);
        var compare = command.Cdb[1] & CompareMask;
        if (compare is not (0 or CompareAll))
            return command.Fail(view, Sense.InvalidCdbField(1, 2));
        if (!ReadWrite.Check(command, view, extent) || !ReadWrite.TryGetData(command, view, extent.Count, out var data))
            return default;
        if (data.IsEmpty)
            return command.Good();
        return WriteThenRun(device, command, view, (long)extent.Lba << LogicalUnit.BlockShift, data, compare == CompareAll);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask WriteThenRun(
        ScsiDevice device, ScsiCommand command, LunView view, long offset, BufferSlice data, bool isCompared)
    {
        var written = await view.Unit.Volume.WriteAsync(offset, data);
        if (written.IsOk)
            await Run(device, command, view, offset, data.Length, isCompared ? data : default);
        else
            command.FailVolume(view, written);
    }

    // Reads the extent, which checks every checksum on the way, and compares it with the data, if any: with all of it or
    // block by block with the one block that it is.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask Run(ScsiDevice device, ScsiCommand command, LunView view, long offset, long length, BufferSlice data)
    {
        command.Status = ScsiStatus.Good;
        if (length == 0)
            return;
        var buffer = device.Buffers.Rent((int)Math.Min(length, ChunkBytes));
        for (var done = 0L; done < length && !command.IsAborted;)
        {
            var chunk = buffer.Slice(0, (int)Math.Min(length - done, ChunkBytes));
            var result = await view.Unit.Volume.ReadAsync(offset + done, chunk);
            if (result.IsOk && !data.IsEmpty && !IsEqual(chunk, data, (int)done))
                result = new VolumeResult(VolumeStatus.Miscompare);
            if (!result.IsOk)
            {
                command.FailVolume(view, result);
                break;
            }

            done += chunk.Length;
        }

        buffer.Release();
    }

    private static bool IsEqual(BufferSlice chunk, BufferSlice data, int done)
    {
        if (data.Length > LogicalUnit.BlockBytes || chunk.Length == LogicalUnit.BlockBytes)
            return chunk.Span.SequenceEqual(data.Span.Slice(data.Length > LogicalUnit.BlockBytes ? done : 0, chunk.Length));
        for (var block = 0; block < chunk.Length; block += LogicalUnit.BlockBytes)
        {
            if (!chunk.Span.Slice(block, LogicalUnit.BlockBytes).SequenceEqual(data.Span))
                return false;
        }

        return true;
    }
}
