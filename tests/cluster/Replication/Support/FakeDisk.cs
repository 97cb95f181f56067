using Uss.Store;

namespace Uss.Replication.Tests.Support;

/// <summary>What a <see cref="FakeStore"/> has made durable: survives the store that wrote it.</summary>
public sealed class FakeDisk(Guid id, long dataBytes = 1L << 40)
{
    public Guid Id { get; } = id;

    public long DataBytes { get; set; } = dataBytes;

    public bool IsShortOfMaps { get; set; }

    public Dictionary<ObjectId, FakeObject> Objects { get; } = [];

    public long PresentBlocks { get; set; }

    public long UsedBytes => PresentBlocks * StoreUnits.BlockBytes;

    public ulong HighestVersion { get; set; }

    /// <summary>Flips a bit of a block on the platter, behind its checksum.</summary>
    public void Rot(ObjectId id, int block) => Objects[id].Blocks[block].Data![17] ^= 1;
}

/// <summary>One object of a <see cref="FakeDisk"/>.</summary>
public sealed class FakeObject
{
    public FakeBlock[] Blocks { get; } = new FakeBlock[StoreUnits.BlocksPerObject];

    public ulong HighestVersion { get; set; }

    public int PresentBlocks => Blocks.Count(block => block.Data is not null);
}

/// <summary>One block.</summary>
public struct FakeBlock
{
    public ulong Version { get; set; }

    public uint Checksum { get; set; }

    public byte[]? Data { get; set; }
}
