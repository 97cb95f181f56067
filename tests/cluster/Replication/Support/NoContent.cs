using Uss.Store;

namespace Uss.Replication.Tests.Support;

/// <summary>A node with neither disks nor groups.</summary>
public sealed class NoContent : INodeContent
{
    public IReadOnlyList<LocalReplica> LocalDisks => [];

    public long AppliedRevision => 0;

    public bool IsRemoved(ulong space) => false;

    public PlacementGroup? FindGroup(ObjectId id) => null;

    public void NoteStray(PlacementGroup group, ulong diskKey)
    {
        // There are no groups.
    }

    public ValueTask<bool> CallOwnerAsync(ulong space, ReadOnlyMemory<byte> request, OwnerAnswer answer) => new(false);
}
