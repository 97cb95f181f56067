using System.Runtime.InteropServices;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

// Arguments and answers of the operations, laid out by hand: little-endian, no padding. The sizes in bytes stand behind
// each; a header has room for 64.

/// <summary>A question to one member of a group; 64 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly struct ReplicaArguments
{
    /// <summary>The first 8 bytes of the disk's identity, which are random.</summary>
    public ulong Disk { get; init; }

    public ulong Operation { get; init; }

    public ulong Space { get; init; }

    public ulong Version { get; init; }

    public ulong CleanVersion { get; init; }

    public uint ObjectIndex { get; init; }

    public uint Epoch { get; init; }

    /// <summary>The group within the pool; the pool is in the upper 8 bits.</summary>
    public uint Group { get; init; }

    public uint SnapshotSequence { get; init; }

    public ushort FirstBlock { get; init; }

    public ushort BlockCount { get; init; }

    /// <summary>The number of groups that the group is one of.</summary>
    public uint Groups { get; init; }

    public ObjectId Object => new(Space, ObjectIndex);

    public GroupStamp Stamp =>
        new(new PlacementGroupId((int)(Group >> 24), (int)(Group & 0xFFFFFF)), Epoch, (int)Groups, CleanVersion, Operation);

    public static ulong KeyOf(Guid disk)
    {
        Span<byte> bytes = stackalloc byte[16];
        disk.TryWriteBytes(bytes);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public static uint Pack(PlacementGroupId group) => ((uint)group.Pool << 24) | (uint)group.Index;
}

/// <summary>How a member answered; 10 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly struct ReplicaAnswer
{
    public byte Status { get; init; }

    public byte Reserved { get; init; }

    public ushort FirstBlock { get; init; }

    public ushort BlockCount { get; init; }

    /// <summary>Entries in the payload, of an answer with a list.</summary>
    public uint Entries { get; init; }

    public StoreResult Result => new((StoreStatus)Status, FirstBlock, BlockCount);

    public static ReplicaAnswer Of(StoreResult result, uint entries = 0) => new()
    {
        Status = (byte)result.Status,
        FirstBlock = (ushort)result.FirstBlock,
        BlockCount = (ushort)result.BlockCount,
        Entries = entries,
    };
}

/// <summary>A question to the primary of a group; 52 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly struct GroupArguments
{
    public ulong Space { get; init; }

    public uint ObjectIndex { get; init; }

    public uint SnapshotSequence { get; init; }

    public ushort FirstBlock { get; init; }

    public ushort BlockCount { get; init; }

    /// <summary>Of a modification: first byte within the object.</summary>
    public int Offset { get; init; }

    /// <summary>Of a modification: bytes.</summary>
    public int Length { get; init; }

    /// <summary>Of a modification: 1 when the payload begins with what must be there.</summary>
    public int IsCompared { get; init; }

    /// <summary>1 when an earlier attempt may have taken effect.</summary>
    public int IsRepeated { get; init; }

    /// <summary>Identity of the operation.</summary>
    public ulong Operation { get; init; }

    /// <summary>The primary's clock as the asker knew it when the operation arrived: its freshness token.</summary>
    public long Token { get; init; }

    public OperationStamp Stamp => new(Operation, Token, IsRepeated != 0);

    public ObjectId Object => new(Space, ObjectIndex);
}

/// <summary>How a primary answered; 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly struct GroupAnswer
{
    public uint Status { get; init; }

    public int Position { get; init; }

    public GroupResult Result => new((GroupStatus)Status, Position);

    public static GroupAnswer Of(GroupResult result) => new() { Status = (uint)result.Status, Position = result.Position };
}

/// <summary>One block in the payload of an answer; 13 bytes in 16.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly struct WireDescription
{
    public ulong Version { get; init; }

    public uint Checksum { get; init; }

    public uint IsPresent { get; init; }

    public BlockDescription Description => new(Version, Checksum, IsPresent != 0);

    public static WireDescription Of(BlockDescription block) =>
        new() { Version = block.Version, Checksum = block.Checksum, IsPresent = block.IsPresent ? 1u : 0 };

    public static void Read(BufferSlice payload, Span<BlockDescription> blocks)
    {
        var described = PayloadList.Read<WireDescription>(payload, blocks.Length);
        for (var i = 0; i < blocks.Length; i++)
            blocks[i] = described[i].Description;
    }
}

/// <summary>One verified block in the payload of an answer; 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly struct WireCheck
{
    public ulong Version { get; init; }

    public uint Checksum { get; init; }

    public ushort IsPresent { get; init; }

    public ushort Condition { get; init; }

    /// <summary>A condition that this version does not know is taken for the worst.</summary>
    public BlockCheck Check => new(
        new BlockDescription(Version, Checksum, IsPresent != 0),
        Condition <= (ushort)BlockCondition.Unknown ? (BlockCondition)Condition : BlockCondition.Unknown);

    public static WireCheck Of(BlockCheck check) => new()
    {
        Version = check.Block.Version,
        Checksum = check.Block.Checksum,
        IsPresent = (ushort)(check.Block.IsPresent ? 1 : 0),
        Condition = (ushort)check.Condition,
    };
}

/// <summary>One object in the payload of an answer; 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly struct WireSummary
{
    public ulong Space { get; init; }

    public ulong HighestVersion { get; init; }

    public uint ObjectIndex { get; init; }

    public uint PresentBlocks { get; init; }

    public ObjectSummary Summary => new(new ObjectId(Space, ObjectIndex), HighestVersion, (int)PresentBlocks);

    public static WireSummary Of(ObjectSummary summary) => new()
    {
        Space = summary.Id.Space,
        HighestVersion = summary.HighestVersion,
        ObjectIndex = summary.Id.Index,
        PresentBlocks = (uint)summary.PresentBlocks,
    };
}

/// <summary>What a peer that asks for a lease tells of itself; 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly struct HeartbeatQuestion
{
    /// <summary>See <see cref="FrontEndFence.Number"/>.</summary>
    public long FenceNumber { get; init; }
}

/// <summary>Whether the lease is granted; 24 bytes. The details list the node's disks.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly struct HeartbeatAnswer
{
    /// <summary>The lease counts for one who knows the group records up to this revision.</summary>
    public long RequiredRevision { get; init; }

    /// <summary>0: no lease now, since the node is about to take over from the asker.</summary>
    public uint IsGranted { get; init; }

    public uint Disks { get; init; }

    /// <summary>The node's monotonic clock: the freshness token of operations that arrive from now on.</summary>
    public long Token { get; init; }
}

/// <summary>One disk in the details of a heartbeat's answer; 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly struct WireDisk
{
    public Guid Id { get; init; }

    public long FreeBytes { get; init; }
}
