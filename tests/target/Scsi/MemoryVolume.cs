using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Target.Tests.Scsi;

/// <summary>A volume in memory that checks what it is asked and fails on demand.</summary>
internal sealed class MemoryVolume(string name, long sizeBytes, ulong id = 0x0123_4567_89AB_CDEF) : IVolume
{
    private const int BlockBytes = 4096;

    private readonly HashSet<long> _mapped = [];
    private byte[] _bytes = new byte[sizeBytes];

    public VolumeId Id { get; } = new(id);

    public string Name { get; } = name;

    public long SizeBytes => _bytes.Length;

    public byte[] Bytes => _bytes;

    /// <summary>What the next operations return instead of doing anything.</summary>
    public VolumeResult? Failure { get; set; }

    /// <summary>Completes operations only when released.</summary>
    public bool IsHeld { get; set; }

    public List<string> Log { get; } = [];

    /// <summary>When false, nothing is logged, so that nothing is allocated.</summary>
    public bool IsLogging { get; set; } = true;

    /// <summary>Called before a compare-and-write takes effect, to change the data under it.</summary>
    public Action? BeforeCompare { get; set; }

    /// <summary>When set, operations complete by it, one at a time and without an allocation.</summary>
    public PooledCompletion? Later { get; set; }

    public int Flushes { get; private set; }

    private List<TaskCompletionSource> Held { get; } = [];

    public void Resize(long newSizeBytes) => Array.Resize(ref _bytes, (int)newSizeBytes);

    public void Fill(long offset, long length, byte value)
    {
        _bytes.AsSpan((int)offset, (int)length).Fill(value);
        Map(offset, length);
    }

    public void Release()
    {
        IsHeld = false;
        foreach (var held in Held)
            held.SetResult();
        Held.Clear();
    }

    public ValueTask<VolumeResult> ReadAsync(long offset, BufferSlice target)
    {
        Note("read", offset, target.Length);
        if (Failure is { } failure)
            return Complete(failure);
        _bytes.AsSpan((int)offset, target.Length).CopyTo(target.Span);
        return Complete(VolumeResult.Ok);
    }

    public ValueTask<VolumeResult> WriteAsync(long offset, BufferSlice source)
    {
        Note("write", offset, source.Length);
        if (Failure is { } failure)
            return Complete(failure);
        source.Span.CopyTo(_bytes.AsSpan((int)offset));
        Map(offset, source.Length);
        return Complete(VolumeResult.Ok);
    }

    public ValueTask<VolumeResult> DiscardAsync(long offset, long length)
    {
        Note("discard", offset, length);
        if (Failure is { } failure)
            return Complete(failure);
        _bytes.AsSpan((int)offset, (int)length).Clear();
        for (var block = (offset + BlockBytes - 1) / BlockBytes; block < (offset + length) / BlockBytes; block++)
            _mapped.Remove(block);
        return Complete(VolumeResult.Ok);
    }

    public ValueTask<VolumeResult> CompareAndWriteAsync(long offset, BufferSlice expected, BufferSlice source)
    {
        Note("compare", offset, expected.Length);
        Assert.That(source.Length, Is.EqualTo(expected.Length));
        if (Failure is { } failure)
            return Complete(failure);
        BeforeCompare?.Invoke();
        var current = _bytes.AsSpan((int)offset, expected.Length);
        var same = current.CommonPrefixLength(expected.Span);
        if (same < expected.Length)
            return Complete(new VolumeResult(VolumeStatus.Miscompare, same));
        source.Span.CopyTo(current);
        Map(offset, source.Length);
        return Complete(VolumeResult.Ok);
    }

    public ValueTask<VolumeResult> FlushAsync()
    {
        Flushes++;
        return Complete(Failure ?? VolumeResult.Ok);
    }

    public ValueTask<AllocationExtent> QueryAllocationAsync(long offset)
    {
        Check(offset, 1);
        if (Failure is { } failure)
            return new(new AllocationExtent(failure.Status, 0, 0, false));
        var block = offset / BlockBytes;
        var isMapped = _mapped.Contains(block);
        var end = block + 1;

        // Bounded to eight blocks, so that callers have to merge.
        while (end < block + 8 && end * BlockBytes < SizeBytes && _mapped.Contains(end) == isMapped)
            end++;
        return new(new AllocationExtent(VolumeStatus.Ok, block * BlockBytes, (end - block) * BlockBytes, isMapped));
    }

    private void Map(long offset, long length)
    {
        if (!IsLogging)
            return;
        for (var block = offset / BlockBytes; block < (offset + length + BlockBytes - 1) / BlockBytes; block++)
            _mapped.Add(block);
    }

    private void Note(string what, long offset, long length)
    {
        Check(offset, length);
        if (IsLogging)
            Log.Add($"{what} {offset}+{length}");
    }

    private void Check(long offset, long length)
    {
        // The contract of IVolume: whole blocks of 512 bytes, and a device that stays within the volume.
        if (offset < 0 || length <= 0 || offset > SizeBytes - length || (length > 1 && (offset % 512 != 0 || length % 512 != 0)))
            throw new InvalidOperationException($"bad range {offset}+{length} of {SizeBytes}");
    }

    private async ValueTask<VolumeResult> Wait(VolumeResult result)
    {
        var held = new TaskCompletionSource();
        Held.Add(held);
        await held.Task;
        return result;
    }

    private ValueTask<VolumeResult> Complete(VolumeResult result) =>
        IsHeld ? Wait(result) : Later is { } later ? later.Start(result) : new(result);
}
