using System.Runtime.InteropServices;

namespace Uss.Store;

/// <summary>
/// Hash buckets from object ids to slots plus one, in 256 independent segments: a segment doubles on its own, so that
/// growth costs a fraction of a millisecond however many objects there are.
/// </summary>
internal sealed unsafe class SlotIndex : IDisposable
{
    private const int Segments = 256;
    private const int FirstBuckets = 16;

    private readonly Segment* _segments = (Segment*)NativeMemory.AllocZeroed(Segments, (nuint)sizeof(Segment));
    private readonly ObjectTable _table;

    /// <summary>Creates an index over a table's slots.</summary>
    public SlotIndex(ObjectTable table) => _table = table;

    /// <summary>Frees memory of an index that was abandoned with its store (a crash in simulation).</summary>
    ~SlotIndex() => Free();

    /// <summary>Native memory held, in bytes.</summary>
    public long MemoryBytes { get; private set; } = Segments * sizeof(Segment);

    /// <summary>The slot plus one of an object's newest layer; 0 when there is none.</summary>
    public int Find(ObjectId id)
    {
        var hash = Hash(id);
        ref var segment = ref _segments[hash >> 56];
        if (segment.BucketCount == 0)
            return 0;
        var link = segment.Buckets[hash & (uint)(segment.BucketCount - 1)];
        while (link != 0 && _table.Read(link - 1).Id != id)
            link = _table.State(link - 1).HashNext;
        return link;
    }

    /// <summary>Adds an object that is not in the index.</summary>
    public void Add(ObjectId id, int slot)
    {
        var hash = Hash(id);
        ref var segment = ref _segments[hash >> 56];
        if (segment.Count >= segment.BucketCount)
            Grow(ref segment);
        ref var bucket = ref segment.Buckets[hash & (uint)(segment.BucketCount - 1)];
        _table.State(slot).HashNext = bucket;
        bucket = slot + 1;
        segment.Count++;
    }

    /// <summary>Puts another slot of the same object in a slot's place.</summary>
    public void Replace(ObjectId id, int slot, int replacement)
    {
        ref var link = ref LinkTo(id, slot);
        _table.State(replacement).HashNext = _table.State(slot).HashNext;
        link = replacement + 1;
    }

    /// <summary>Removes an object.</summary>
    public void Remove(ObjectId id, int slot)
    {
        ref var link = ref LinkTo(id, slot);
        link = _table.State(slot).HashNext;
        _segments[Hash(id) >> 56].Count--;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static ulong Hash(ObjectId id)
    {
        // Two rounds of multiply and shift (as in SplitMix64) spread consecutive indexes over segments and buckets.
        var hash = (id.Space * 0x9E3779B97F4A7C15UL) ^ (id.Index + 0x632BE59BD9B4E019UL);
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBUL;
        return hash ^ (hash >> 31);
    }

    private ref int LinkTo(ObjectId id, int slot)
    {
        var hash = Hash(id);
        ref var segment = ref _segments[hash >> 56];
        ref var link = ref segment.Buckets[hash & (uint)(segment.BucketCount - 1)];
        while (link != slot + 1)
            link = ref _table.State(link - 1).HashNext;
        return ref link;
    }

    private void Grow(ref Segment segment)
    {
        var count = Math.Max(FirstBuckets, segment.BucketCount * 2);
        var buckets = (int*)NativeMemory.AllocZeroed((nuint)count, sizeof(int));
        for (var i = 0; i < segment.BucketCount; i++)
        {
            for (var link = segment.Buckets[i]; link != 0;)
            {
                ref var state = ref _table.State(link - 1);
                var next = state.HashNext;
                ref var bucket = ref buckets[Hash(_table.Read(link - 1).Id) & (uint)(count - 1)];
                state.HashNext = bucket;
                bucket = link;
                link = next;
            }
        }

        NativeMemory.Free(segment.Buckets);
        MemoryBytes += (count - segment.BucketCount) * 4L;
        segment.Buckets = buckets;
        segment.BucketCount = count;
    }

    private void Free()
    {
        for (var i = 0; i < Segments; i++)
            NativeMemory.Free(_segments[i].Buckets);
        NativeMemory.Free(_segments);
    }

    private struct Segment
    {
        public int* Buckets;
        public int BucketCount;
        public int Count;
    }
}
