using System.Runtime.InteropServices;

namespace Uss.Store;

/// <summary>What a slot of the object table holds.</summary>
internal enum TableEntryKind : byte
{
    /// <summary>Nothing.</summary>
    Free = 0,

    /// <summary>A layer that no durable record has touched yet; nothing as far as recovery is concerned.</summary>
    Reserved = 1,

    /// <summary>One layer of an object: the blocks written under one snapshot sequence.</summary>
    Layer = 2,

    /// <summary>A mark: the space is deleted, its objects are being freed.</summary>
    DeletedSpace = 3,

    /// <summary>A mark: the snapshot sequences from <c>Sequence</c> to <c>Index</c> of the space are dropped.</summary>
    DroppedSequences = 4,
}

/// <summary>One slot of the object table, 64 bytes, the same in memory and on disk (little-endian).</summary>
/// <remarks>
/// <code>
///  0  space                      8
///  8  index                      4
/// 12  snapshot sequence          4
/// 16  pages of the map image 4 x 4   numbers within the map zone plus one; 0: none
/// 32  LSN of the image           8
/// 40  highest version            6
/// 46  kind                       1
/// 47  pages used                 1
/// 48  base version of the image  6   blocks that the image lacks are holes of this version
/// 54  flags of the image         1   see MapFlags
/// 55  reserved                   1
/// 56  entries                    2   of the newest state, holes included
/// 58  blocks with data           2   of the newest state
/// 60  reserved                   4
/// 64
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct TableEntry
{
    /// <summary>Size of a slot in bytes.</summary>
    public const int Bytes = 64;

    /// <summary>Slots of a chunk.</summary>
    public const int PerChunk = StoreFormat.ChunkBytes / Bytes;

    /// <summary>Slots of a page.</summary>
    public const int PerPage = StoreFormat.PageBytes / Bytes;

    private const ulong Low48 = (1UL << 48) - 1;

    [FieldOffset(0)]
    public ulong Space;

    [FieldOffset(8)]
    public uint Index;

    [FieldOffset(12)]
    public uint Sequence;

    [FieldOffset(16)]
    public fixed uint Pages[MapImage.MaximumPages];

    [FieldOffset(32)]
    public ulong ImageLsn;

    [FieldOffset(40)]
    private ulong _highestVersionAndKind;

    [FieldOffset(46)]
    public TableEntryKind Kind;

    [FieldOffset(47)]
    public byte PageCount;

    [FieldOffset(48)]
    private ulong _baseVersionAndFlag;

    [FieldOffset(54)]
    private byte _mapFlags;

    [FieldOffset(56)]
    public ushort Entries;

    [FieldOffset(58)]
    public ushort Present;

    /// <summary>Highest version that a change of this layer carried.</summary>
    public ulong HighestVersion
    {
        readonly get => _highestVersionAndKind & Low48;
        set => _highestVersionAndKind = (_highestVersionAndKind & ~Low48) | (value & Low48);
    }

    /// <summary>Version of the holes that the image does not name; see <see cref="MapFlags"/>.</summary>
    public ulong BaseVersion
    {
        readonly get => _baseVersionAndFlag & Low48;
        set => _baseVersionAndFlag = (_baseVersionAndFlag & ~Low48) | (value & Low48);
    }

    /// <summary>What holds for the blocks that the image does not name.</summary>
    public MapFlags MapFlags
    {
        readonly get => (MapFlags)_mapFlags;
        set => _mapFlags = (byte)value;
    }

    /// <summary>The object.</summary>
    public readonly ObjectId Id => new(Space, Index);
}
