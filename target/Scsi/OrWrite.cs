using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Target.Scsi;

/// <summary>
/// ORWRITE (16) (SBC-4, 5.10): read, combine and replace if nobody wrote in between, again and again. Uninterrupted
/// for pieces of <see cref="PieceBytes"/>.
/// </summary>
internal static class OrWrite
{
    // Twice this is what one command takes of memory.
    private const int PieceBytes = 4 << 20;

    // Somebody writes the same blocks all the time: let the initiator decide.
    private const int MaximumAttempts = 100;

    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var extent = BlockCdb.Read16(command.Cdb);
        if (!ReadWrite.Check(command, view, extent) || !ReadWrite.TryGetData(command, view, extent.Count, out var data))
            return default;
        return data.IsEmpty ? command.Good() : Run(device, command, view, (long)extent.Lba << LogicalUnit.BlockShift, data);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask Run(ScsiDevice device, ScsiCommand command, LunView view, long offset, BufferSlice data)
    {
        var length = Math.Min(data.Length, PieceBytes);
        var current = device.Buffers.Rent(length);
        var combined = device.Buffers.Rent(length);
        var result = VolumeResult.Ok;
        for (var done = 0; done < data.Length && result.IsOk && !command.IsAborted; done += length)
        {
            var piece = data.Slice(done, Math.Min(length, data.Length - done));
            result = await CombineAsync(
                view.Unit.Volume, offset + done, piece, current.Slice(0, piece.Length), combined.Slice(0, piece.Length));
        }

        current.Release();
        combined.Release();
        ReadWrite.EndChange(command, view, result);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private static async ValueTask<VolumeResult> CombineAsync(
        IVolume volume, long offset, BufferSlice data, BufferSlice current, BufferSlice combined)
    {
        for (var attempt = 0; attempt < MaximumAttempts; attempt++)
        {
            var result = await volume.ReadAsync(offset, current);
            if (!result.IsOk)
                return result;
            Or(current.Span, data.Span, combined.Span);
            result = await volume.CompareAndWriteAsync(offset, current, combined);
            if (result.Status != VolumeStatus.Miscompare)
                return result;
        }

        return new VolumeResult(VolumeStatus.Unavailable);
    }

    // Whole blocks: a multiple of every vector's length.
    private static void Or(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> target)
    {
        var a = MemoryMarshal.Cast<byte, Vector<byte>>(left);
        var b = MemoryMarshal.Cast<byte, Vector<byte>>(right);
        var c = MemoryMarshal.Cast<byte, Vector<byte>>(target);
        for (var i = 0; i < c.Length; i++)
            c[i] = a[i] | b[i];
    }
}
