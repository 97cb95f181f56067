using System.Runtime.CompilerServices;
using Uss.NfsFrontend.Metadata;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.NfsFrontend.Owners;

/// <summary>The metadata space of a file system in one term of this node as its owner.</summary>
internal sealed class OwnedMetadata(OwnedSpace space) : IMetadataSpace
{
    /// <inheritdoc/>
    public bool IsHeld => space.IsHeld;

    /// <summary>True once it is held never again.</summary>
    public bool IsOver => space.IsOver;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<RecordStatus> ReadAsync(long offset, BufferSlice target) => StatusOf(await space.ReadAsync(offset, target));

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<RecordStatus> WriteAsync(long offset, BufferSlice source) => StatusOf(await space.WriteAsync(offset, source));

    /// <inheritdoc/>
    public async ValueTask<RecordStatus> DiscardAsync(long offset, long length) => StatusOf(await space.DiscardAsync(offset, (int)length));

    /// <summary>How an operation of the block layer ended, for records.</summary>
    internal static RecordStatus StatusOf(VolumeStatus status) => status switch
    {
        VolumeStatus.Ok => RecordStatus.Ok,
        VolumeStatus.NoSpace => RecordStatus.NoSpace,
        VolumeStatus.Damaged => RecordStatus.Damaged,
        _ => RecordStatus.Lost,
    };
}
