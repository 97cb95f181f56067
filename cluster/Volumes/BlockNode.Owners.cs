using System.Runtime.CompilerServices;
using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

// Metadata spaces have an owner: the node that is primary of the one group that holds all of a space (decision 0023).
public sealed partial class BlockNode
{
    /// <summary>Most bytes of a question to an owner, and of its answer.</summary>
    public const int MaximumOwnerCallBytes = OwnerAnswer.MaximumBytes;

    /// <summary>Stands for no space: what is asked is the front-end's, whatever it owns.</summary>
    public const ulong NoSpace = 0;

    /// <summary>What this node does as an owner; null: nothing.</summary>
    public ISpaceOwner? SpaceOwner { get; set; }

    /// <summary>The space of a file system's metadata.</summary>
    /// <param name="pool">Number of its pool.</param>
    /// <param name="fileSystem">Its number.</param>
    public static ulong MetadataSpaceOf(int pool, int fileSystem) => SpaceId.OfMetadata(pool, fileSystem);

    /// <summary>The metadata space as this node owns it; null while it does not.</summary>
    public OwnedSpace? FindOwned(ulong space) =>
        !_isClosing && FindGroup(new ObjectId(space, 0)) is { State: GroupState.Active } group ? new OwnedSpace(group, space) : null;

    /// <summary>Name of the node that owns the space, as far as this node knows; null when nobody does.</summary>
    public string? OwnerOf(ulong space)
    {
        if (FindGroup(new ObjectId(space, 0)) is not { } group)
            return null;
        if (group.State == GroupState.Active)
            return Name;
        return group.Record is { } record && NodeOf(record.Primary) is { IsConnected: true } peer ? peer.Name : null;
    }

    /// <summary>Asks the owner of a space, which is another node.</summary>
    /// <param name="space">The space.</param>
    /// <param name="request">What is asked, at most <see cref="MaximumOwnerCallBytes"/>; unchanged until the task completes.</param>
    /// <param name="answer">Takes the answer.</param>
    /// <returns>
    /// Bytes of the answer; -1 when there is no owner that could be reached, or it did not answer: then nobody knows what was done.
    /// </returns>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<int> CallOwnerAsync(ulong space, ReadOnlyMemory<byte> request, BufferSlice answer)
    {
        if (FindGroup(new ObjectId(space, 0))?.Record is not { } record || NodeOf(record.Primary) is not { IsConnected: true } owner)
            return -1;
        return await OwnerCall.RunAsync(owner, space, request, answer);
    }

    /// <summary>Asks the front-end of another node for something; the arguments and the answer are as of <see cref="CallOwnerAsync"/>.</summary>
    public async ValueTask<int> CallFrontEndAsync(string node, ReadOnlyMemory<byte> request, BufferSlice answer) =>
        _peers?.Find(node) is { IsConnected: true } peer ? await OwnerCall.RunAsync(peer, NoSpace, request, answer) : -1;

    /// <summary>Completes when somebody else may own something, or some time has passed.</summary>
    /// <param name="atMostNs">The time, in nanoseconds.</param>
    public ValueTask WaitForChangeAsync(long atMostNs) => _context.WaitForChangeAsync(atMostNs);

    /// <summary>Wakes those who wait for a change: this node is ready to be asked.</summary>
    public void RaiseChange() => _context.RaiseChange();

    /// <summary>The contents of a file system's files.</summary>
    /// <param name="pool">Number of its pool.</param>
    /// <param name="fileSystem">Its number.</param>
    /// <returns>Null when there is no such pool.</returns>
    public FileSpaces? FilesOf(int pool, int fileSystem) => _pools.Find(pool) is { } found ? Volumes.FilesOf(found, fileSystem) : null;

    /// <summary>
    /// Bytes that a file system takes in one copy, its metadata included, as far as nodes have told. Walks the object tables.
    /// </summary>
    public long UsedBytesOf(FileSystemRecord fileSystem) =>
        UsageBySpace().GetValueOrDefault(MetadataSpaceOf(fileSystem.Pool, fileSystem.Id)) * StoreUnits.BlockBytes;

    /// <summary>Bytes that a pool can hold and those that it has left, in one copy: over all disks that may be used for it.</summary>
    public (long TotalBytes, long FreeBytes) RoomOf(int pool)
    {
        if (_pools.Find(pool) is not { } found)
            return default;
        var (total, free) = (0L, 0L);
        foreach (var disk in _directory.All)
        {
            if (found.Record.DiskClass is { } wanted && disk.Class != wanted)
                continue;
            total += disk.DataBytes;
            free += FreeBytesOf(disk);
        }

        return (total / found.Record.Copies, free / found.Record.Copies);
    }

    private long FreeBytesOf(DiskRecord disk)
    {
        if (NodeOf(disk.Id) is { } peer)
            return peer.IsConnected && peer.Disks.TryGetValue(disk.Id, out var known) ? known.RoomBytes : 0;
        foreach (var own in _disks)
        {
            if (own.Replica is { } replica && replica.DiskId == disk.Id)
                return Math.Max(0, replica.FreeBytes);
        }

        return 0;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<bool> ServeOwnerCallAsync(ulong space, ReadOnlyMemory<byte> request, OwnerAnswer answer)
    {
        if (SpaceOwner is not { } owner || _isClosing)
            return false;
        var length = await owner.CallAsync(space, request, answer.Buffer);
        answer.Length = Math.Max(length, 0);
        return length >= 0;
    }
}
