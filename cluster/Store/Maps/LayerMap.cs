using System.Numerics;
using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// The blocks of one layer in native memory: a presence bitmap and the entries of the present blocks in order, so that
/// a layer of 8 blocks takes about 300 bytes and a full one 16 KiB. Lookup counts bits; nothing is hashed or searched.
/// </summary>
/// <remarks>
/// <code>
///   0  entries 2 | with data 2 | capacity 2 | flags 2
///   8  base version 8
///  16  reserved 16
///  32  presence bits 128
/// 160  capacity x MapEntry 16
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = HeaderBytes)]
internal unsafe struct LayerMap
{
    /// <summary>Size of the part before the entries, in bytes.</summary>
    public const int HeaderBytes = 160;

    /// <summary>What the native allocator adds to a block, for honest accounting.</summary>
    public const int AllocatorBytes = 16;

    private const int Words = StoreUnits.BlocksPerObject / 64;

    [FieldOffset(0)]
    private ushort _count;

    [FieldOffset(2)]
    private ushort _present;

    [FieldOffset(4)]
    private ushort _capacity;

    [FieldOffset(6)]
    private MapFlags _flags;

    [FieldOffset(8)]
    private ulong _baseVersion;

    [FieldOffset(32)]
    private fixed ulong _bits[Words];

    private static ReadOnlySpan<ushort> Capacities => [4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024];

    /// <summary>Entries, holes included.</summary>
    public readonly int Count => _count;

    /// <summary>Entries with data.</summary>
    public readonly int Present => _present;

    /// <summary>True when absent blocks are holes of <see cref="BaseVersion"/> that hide older layers.</summary>
    public readonly bool HasBase => (_flags & MapFlags.HasBase) != 0;

    /// <summary>True when an image of this layer was lost: what absent blocks hold is not known.</summary>
    public readonly bool IsLost => (_flags & MapFlags.IsLost) != 0;

    /// <summary>What holds for absent blocks.</summary>
    public readonly MapFlags Flags => _flags;

    /// <summary>Version of the absent blocks when <see cref="HasBase"/>, else 0.</summary>
    public readonly ulong BaseVersion => _baseVersion;

    /// <summary>Native memory that the map takes, in bytes.</summary>
    public readonly int MemoryBytes => HeaderBytes + AllocatorBytes + (_capacity * sizeof(MapEntry));

    /// <summary>Creates an empty map with room for <paramref name="entries"/>.</summary>
    public static LayerMap* Create(int entries = 0)
    {
        var capacity = CapacityFor(entries);
        var map = (LayerMap*)NativeMemory.Alloc((nuint)(HeaderBytes + (capacity * sizeof(MapEntry))));
        NativeMemory.Clear(map, HeaderBytes);
        map->_capacity = (ushort)capacity;
        return map;
    }

    /// <summary>Frees a map; null is fine.</summary>
    public static void Free(LayerMap* map) => NativeMemory.Free(map);

    /// <summary>The presence bits, for images.</summary>
    public static Span<ulong> BitsOf(LayerMap* map) => new(map->_bits, Words);

    /// <summary>The entries in block order.</summary>
    public static Span<MapEntry> EntriesOf(LayerMap* map) => new((byte*)map + HeaderBytes, map->_count);

    /// <summary>True when the layer has an entry of its own for the block.</summary>
    public static bool TryGet(LayerMap* map, int block, out MapEntry entry)
    {
        if (!map->Has(block))
        {
            entry = default;
            return false;
        }

        entry = map->At(map->Rank(block));
        return true;
    }

    /// <summary>Version of the block in this layer; 0 when the layer says nothing about it.</summary>
    public static ulong VersionOf(LayerMap* map, int block) => TryGet(map, block, out var entry) ? entry.Version : map->_baseVersion;

    /// <summary>Sets the block's entry. The map may move: the caller goes on with the returned pointer.</summary>
    /// <param name="map">The map.</param>
    /// <param name="block">The block, 0 to 1023.</param>
    /// <param name="entry">What to set.</param>
    /// <param name="freedAddress">Address of the data that the entry replaces; 0 when there was none.</param>
    public static LayerMap* Set(LayerMap* map, int block, in MapEntry entry, out ulong freedAddress)
    {
        var rank = map->Rank(block);
        freedAddress = 0;
        if (map->Has(block))
        {
            ref var present = ref map->At(rank);
            freedAddress = present.Address;
            map->_present += (ushort)((entry.IsHole ? 0 : 1) - (present.IsHole ? 0 : 1));
            present = entry;
            return map;
        }

        if (map->_count == map->_capacity)
            map = Grow(map);
        var entries = (MapEntry*)((byte*)map + HeaderBytes);
        new ReadOnlySpan<MapEntry>(entries + rank, map->_count - rank).CopyTo(new Span<MapEntry>(entries + rank + 1, map->_count - rank));
        entries[rank] = entry;
        map->_bits[block >> 6] |= 1UL << block;
        map->_count++;
        if (!entry.IsHole)
            map->_present++;
        return map;
    }

    /// <summary>Makes absent blocks holes of <paramref name="version"/>; entries stay.</summary>
    public static void SetBase(LayerMap* map, ulong version) => SetAbsent(map, MapFlags.HasBase, version);

    /// <summary>Makes absent blocks unknown; entries stay.</summary>
    public static void SetLost(LayerMap* map) => SetAbsent(map, MapFlags.IsLost, 0);

    /// <summary>Says what holds for absent blocks.</summary>
    public static void SetAbsent(LayerMap* map, MapFlags flags, ulong version)
    {
        map->_flags = flags;
        map->_baseVersion = version;
    }

    /// <summary>Removes the entries whose version is at most <paramref name="version"/>, in place.</summary>
    /// <param name="map">The map.</param>
    /// <param name="version">Entries above it stay.</param>
    /// <param name="freed">Receives the addresses of removed data; room for <see cref="Present"/>.</param>
    /// <returns>Addresses written to <paramref name="freed"/>.</returns>
    public static int RemoveUpTo(LayerMap* map, ulong version, Span<ulong> freed)
    {
        var entries = (MapEntry*)((byte*)map + HeaderBytes);
        int kept = 0, rank = 0, count = 0;
        for (var word = 0; word < Words; word++)
        {
            for (var bits = map->_bits[word]; bits != 0; bits &= bits - 1, rank++)
            {
                var entry = entries[rank];
                if (entry.Version > version)
                {
                    entries[kept++] = entry;
                    continue;
                }

                map->_bits[word] &= ~(bits & (~bits + 1));
                if (!entry.IsHole)
                    freed[count++] = entry.Address;
            }
        }

        map->_count = (ushort)kept;
        map->_present -= (ushort)count;
        return count;
    }

    /// <summary>Fills a created map with entries in block order.</summary>
    public static void Fill(LayerMap* map, ReadOnlySpan<ulong> bits, ReadOnlySpan<MapEntry> entries)
    {
        Invariant.Check(map->_count == 0 && entries.Length <= map->_capacity);
        bits.CopyTo(BitsOf(map));
        map->_count = (ushort)entries.Length;
        entries.CopyTo(EntriesOf(map));
        var present = 0;
        foreach (ref readonly var entry in entries)
            present += entry.IsHole ? 0 : 1;
        map->_present = (ushort)present;
    }

    /// <summary>The first block at or after <paramref name="block"/> that has an entry; 1024 when there is none.</summary>
    public static int NextEntry(LayerMap* map, int block)
    {
        if (block >= StoreUnits.BlocksPerObject)
            return StoreUnits.BlocksPerObject;
        var word = block >> 6;
        var bits = map->_bits[word] & (ulong.MaxValue << block);
        while (bits == 0)
        {
            if (++word == Words)
                return StoreUnits.BlocksPerObject;
            bits = map->_bits[word];
        }

        return (word << 6) + BitOperations.TrailingZeroCount(bits);
    }

    private static LayerMap* Grow(LayerMap* map)
    {
        var grown = Create(map->_count + 1);
        var capacity = grown->_capacity;
        *grown = *map;
        grown->_capacity = capacity;
        EntriesOf(map).CopyTo(EntriesOf(grown));
        Free(map);
        return grown;
    }

    private static int CapacityFor(int entries)
    {
        foreach (var capacity in Capacities)
        {
            if (capacity >= entries)
                return capacity;
        }

        throw new InvariantException("an object has at most 1024 blocks");
    }

    private readonly bool Has(int block) => (_bits[block >> 6] >> block & 1) != 0;

    private readonly int Rank(int block)
    {
        var rank = 0;
        for (var word = 0; word < block >> 6; word++)
            rank += BitOperations.PopCount(_bits[word]);
        return rank + BitOperations.PopCount(_bits[block >> 6] & ((1UL << block) - 1));
    }

    private ref MapEntry At(int rank)
    {
        fixed (LayerMap* self = &this)
            return ref ((MapEntry*)((byte*)self + HeaderBytes))[rank];
    }
}
