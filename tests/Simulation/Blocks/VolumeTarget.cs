using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Simulation.Blocks;

/// <summary>Sends requests to a volume on the current reactor.</summary>
/// <param name="find">The volume; null while there is none.</param>
/// <param name="random">Decides about the alignment of buffers.</param>
public sealed class VolumeTarget(Func<IVolume?> find, SeededRandom random) : IBlockTarget
{
    /// <inheritdoc/>
    public async ValueTask<BlockOutcome> ExecuteAsync(BlockRequest request, Memory<byte> data)
    {
        if (find() is not { } volume)
            return BlockOutcome.Refused;
        var result = request.Kind switch
        {
            BlockRequestKind.Read => await ReadAsync(volume, request, data),
            BlockRequestKind.Write => await WriteAsync(volume, request),
            BlockRequestKind.Discard => await volume.DiscardAsync(request.Offset, request.Length),
            BlockRequestKind.CompareAndWrite => await CompareAndWriteAsync(volume, request),
            _ => await volume.FlushAsync(),
        };
        return result.Status switch
        {
            VolumeStatus.Ok => BlockOutcome.Done,
            VolumeStatus.Miscompare => BlockOutcome.Miscompare,
            VolumeStatus.OutOfRange => throw new SimulationException($"{request} is within the volume, but is refused"),
            _ => BlockOutcome.Failed,
        };
    }

    private async ValueTask<VolumeResult> ReadAsync(IVolume volume, BlockRequest request, Memory<byte> data)
    {
        var buffer = Rent(request, out var slice);
        var result = await volume.ReadAsync(request.Offset, slice);
        if (result.IsOk)
            slice.Span.CopyTo(data.Span);
        buffer.Release();
        return result;
    }

    private async ValueTask<VolumeResult> WriteAsync(IVolume volume, BlockRequest request)
    {
        var buffer = Rent(request, out var slice);
        request.Fill(slice.Span);
        var result = await volume.WriteAsync(request.Offset, slice);
        buffer.Release();
        return result;
    }

    private async ValueTask<VolumeResult> CompareAndWriteAsync(IVolume volume, BlockRequest request)
    {
        var buffer = Rent(request, out var slice);
        var expected = Rent(request, out var expectedSlice);
        request.Fill(slice.Span);
        request.Fill(expectedSlice.Span, isExpected: true);
        var result = await volume.CompareAndWriteAsync(request.Offset, expectedSlice, slice);
        buffer.Release();
        expected.Release();
        return result;
    }

    /// <summary>A buffer that starts on a page where the range starts on a block, and anywhere else otherwise.</summary>
    private PageBuffer Rent(BlockRequest request, out BufferSlice slice)
    {
        var isAligned = request.Offset % BlockContent.BlockBytes == 0;
        var shift = isAligned ? 0 : random.Next(BlockContent.BlockBytes / BlockContent.SectorBytes) * BlockContent.SectorBytes;
        var buffer = Reactor.Current.Buffers.Rent(request.Length + shift);
        slice = buffer.Slice(shift, request.Length);
        return buffer;
    }
}
