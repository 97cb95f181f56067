using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>A thin volume: a space under a record that says how large it is and whether it is still there.</summary>
public sealed class Volume : IVolume
{
    private readonly SpaceAccess _access;
    private bool _isRemoved;

    internal Volume(VolumeRecord record, Pool pool, VolumeContext context)
    {
        Record = record;
        Id = new VolumeId(VolumeRecord.ParseId(record.Id));
        Space = VolumeRecord.ParseId(record.Space);
        SizeBytes = record.SizeBytes;
        _access = new SpaceAccess(pool, context);
    }

    /// <inheritdoc/>
    public VolumeId Id { get; }

    /// <inheritdoc/>
    public string Name => Record.Name;

    /// <inheritdoc/>
    public long SizeBytes { get; private set; }

    /// <summary>The record that it runs under.</summary>
    public VolumeRecord Record { get; private set; }

    /// <summary>The space of its address range.</summary>
    public ulong Space { get; }

    /// <summary>Pool that holds it.</summary>
    public Pool Pool => _access.Pool;

    /// <summary>Operations under way.</summary>
    public int Pending => _access.Pending;

    /// <inheritdoc/>
    public ValueTask<VolumeResult> ReadAsync(long offset, BufferSlice target)
    {
        var result = Check(offset, target.Length);
        return !result.IsOk || target.Length == 0 ? new ValueTask<VolumeResult>(result) : _access.ReadAsync(Space, offset, target);
    }

    /// <inheritdoc/>
    public ValueTask<VolumeResult> WriteAsync(long offset, BufferSlice source)
    {
        var result = Check(offset, source.Length);
        return !result.IsOk || source.Length == 0 ? new ValueTask<VolumeResult>(result) : _access.WriteAsync(Space, offset, source);
    }

    /// <inheritdoc/>
    public ValueTask<VolumeResult> DiscardAsync(long offset, long length)
    {
        var result = Check(offset, length);
        return result.IsOk ? _access.DiscardAsync(Space, offset, length) : new ValueTask<VolumeResult>(result);
    }

    /// <inheritdoc/>
    public ValueTask<VolumeResult> CompareAndWriteAsync(long offset, BufferSlice expected, BufferSlice source)
    {
        var result = Check(offset, source.Length);
        return !result.IsOk || source.Length == 0
            ? new ValueTask<VolumeResult>(result)
            : _access.CompareAndWriteAsync(Space, offset, expected, source);
    }

    /// <inheritdoc/>
    public async ValueTask<AllocationExtent> QueryAllocationAsync(long offset)
    {
        var check = Check(offset, 1);
        if (!check.IsOk)
            return new AllocationExtent(check.Status, 0, 0, false);
        var extent = await _access.QueryAllocationAsync(Space, offset);
        return extent with { Length = Math.Min(extent.Length, SizeBytes - extent.Offset) };
    }

    /// <inheritdoc/>
    public ValueTask<VolumeResult> FlushAsync() => new(_isRemoved ? new VolumeResult(VolumeStatus.Removed) : VolumeResult.Ok);

    /// <summary>Takes over a changed record; operations that start now see its size.</summary>
    internal void Apply(VolumeRecord record)
    {
        Record = record;
        SizeBytes = record.SizeBytes;
    }

    /// <summary>Discards what lies beyond the end after a shrink; see <see cref="SpaceAccess.TrimAsync"/>.</summary>
    internal ValueTask<VolumeResult> TrimAsync(long offset, long end, Func<ValueTask<bool>> mayAsync) =>
        _access.TrimAsync(Space, offset, end, mayAsync);

    /// <summary>Refuses operations from now on and completes once those under way are done.</summary>
    internal async ValueTask RetireAsync()
    {
        _isRemoved = true;
        _access.Retire();
        await _access.DrainAsync(Space);
    }

    private VolumeResult Check(long offset, long length)
    {
        if (_isRemoved)
            return new VolumeResult(VolumeStatus.Removed);
        var isInside = offset >= 0 && length >= 0 && offset <= SizeBytes - length;
        return isInside ? VolumeResult.Ok : new VolumeResult(VolumeStatus.OutOfRange);
    }
}
