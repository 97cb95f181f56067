using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>
/// A page of the tree in memory, 16 KiB: records in the order of their keys. In a leaf they are those of the file system; in an inner
/// page the value is a <see cref="PageReference"/> to the child that has the keys from that key on, and the first key is not looked at.
/// </summary>
/// <remarks>
/// <code>
///     0  CRC-32C of bytes 4 to 16383     4
///     4  magic "USSP"                    4
///     8  id                              8   its own place
///    16  generation                      8
///    24  level                           1   0: leaf
///    25  reserved                        1
///    26  records                         2
///    28  heap start                      2   lowest byte of a value
///    30  garbage                         2   bytes of the heap that no record uses
///    32  file-system id                  8
///    40  reserved                       24
///    64  slots: key, upper half          8
///               key, lower half          8
///               offset of the value      2
///               length of the value      2
///        free
///        heap of values, growing downwards
/// 16384
/// </code>
/// </remarks>
internal readonly ref partial struct Page
{
    /// <summary>Size in bytes.</summary>
    public const int Size = MetadataLayout.PageBytes;

    /// <summary>Bytes of a slot.</summary>
    public const int SlotBytes = 20;

    /// <summary>What slots and values share.</summary>
    public const int PayloadBytes = Size - PageHeader.Size;

    /// <summary>Highest level of a page: more than 100 records a page, so far more than any space has.</summary>
    public const int MaximumLevel = 11;

    private readonly Span<byte> _bytes;

    /// <summary>Looks at a page.</summary>
    public Page(Span<byte> bytes)
    {
        Invariant.Check(bytes.Length == Size);
        _bytes = bytes;
    }

    /// <summary>All of its bytes.</summary>
    public Span<byte> Whole => _bytes;

    /// <summary>Its header.</summary>
    public ref PageHeader Header => ref Unsafe.As<byte, PageHeader>(ref MemoryMarshal.GetReference(_bytes));

    /// <summary>Records.</summary>
    public int Count => Header.Count;

    /// <summary>0 for a leaf.</summary>
    public int Level => Header.Level;

    /// <summary>Bytes that slots and values take.</summary>
    public int UsedBytes => (Count * SlotBytes) + Size - Header.HeapStart - Header.Garbage;

    /// <summary>Makes it an empty page.</summary>
    public static Page Create(Span<byte> bytes, PageReference self, int level, ulong fileSystem)
    {
        bytes.Clear();
        var page = new Page(bytes);
        page.Header = new PageHeader
        {
            Magic = PageHeader.ExpectedMagic,
            Self = self,
            Level = (byte)level,
            HeapStart = Size,
            FileSystem = fileSystem,
        };
        return page;
    }

    /// <summary>A record's key.</summary>
    public RecordKey KeyAt(int index)
    {
        ref var slot = ref SlotAt(index);
        return new RecordKey(Unsafe.ReadUnaligned<ulong>(ref slot), Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref slot, 8)));
    }

    /// <summary>A record's value.</summary>
    public Span<byte> ValueAt(int index)
    {
        ref var slot = ref SlotAt(index);
        return _bytes.Slice(Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref slot, 16)), Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref slot, 18)));
    }

    /// <summary>Bytes that a record takes, its slot included.</summary>
    public int BytesAt(int index) => SlotBytes + Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref SlotAt(index), 18));

    /// <summary>The index of the first record with that key or a larger one.</summary>
    public int Find(RecordKey key, out bool isFound)
    {
        var low = LowerBound(key, 0);
        isFound = low < Count && KeyAt(low) == key;
        return low;
    }

    /// <summary>The index of the child of an inner page that has the key, if any has.</summary>
    public int FindChild(RecordKey key)
    {
        var index = LowerBound(key, 1);
        return index < Count && KeyAt(index) == key ? index : index - 1;
    }

    /// <summary>The child of an inner page.</summary>
    public PageReference ChildAt(int index) => PageReference.Read(ValueAt(index));

    /// <summary>Names another child.</summary>
    public void SetChild(int index, PageReference child) => child.Write(ValueAt(index));

    /// <summary>Inserts a record; false, and nothing changed, when it does not fit.</summary>
    public bool TryInsert(int index, RecordKey key, ReadOnlySpan<byte> value)
    {
        if (UsedBytes + SlotBytes + value.Length > PayloadBytes)
            return false;
        if (Header.HeapStart - EndOfSlots < SlotBytes + value.Length)
            Compact();
        var start = PageHeader.Size + (index * SlotBytes);
        _bytes[start..EndOfSlots].CopyTo(_bytes[(start + SlotBytes)..]);
        Header.Count++;
        ref var slot = ref SlotAt(index);
        Unsafe.WriteUnaligned(ref slot, key.High);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref slot, 8), key.Low);
        AddValue(ref slot, value);
        return true;
    }

    /// <summary>Replaces a value; false, and nothing changed, when it does not fit.</summary>
    public bool TryReplace(int index, ReadOnlySpan<byte> value)
    {
        var old = ValueAt(index);
        if (value.Length <= old.Length)
        {
            value.CopyTo(old);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref SlotAt(index), 18), (ushort)value.Length);
            Header.Garbage += (ushort)(old.Length - value.Length);
            return true;
        }

        if (UsedBytes - old.Length + value.Length > PayloadBytes)
            return false;
        ref var slot = ref SlotAt(index);
        Header.Garbage += (ushort)old.Length;
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref slot, 18), (ushort)0);
        if (Header.HeapStart - EndOfSlots < value.Length)
            Compact();
        AddValue(ref slot, value);
        return true;
    }

    /// <summary>Removes a record.</summary>
    public void Remove(int index)
    {
        Header.Garbage += (ushort)ValueAt(index).Length;
        var start = PageHeader.Size + (index * SlotBytes);
        _bytes[(start + SlotBytes)..EndOfSlots].CopyTo(_bytes[start..]);
        Header.Count--;
    }

    private int EndOfSlots => PageHeader.Size + (Count * SlotBytes);

    private ref byte SlotAt(int index)
    {
        Invariant.Check((uint)index < (uint)Count);
        return ref Unsafe.Add(ref MemoryMarshal.GetReference(_bytes), PageHeader.Size + (index * SlotBytes));
    }

    private int LowerBound(RecordKey key, int low)
    {
        var high = Count;
        ref var slots = ref Unsafe.Add(ref MemoryMarshal.GetReference(_bytes), PageHeader.Size);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            ref var slot = ref Unsafe.Add(ref slots, middle * SlotBytes);
            var upper = Unsafe.ReadUnaligned<ulong>(ref slot);
            if (upper < key.High || (upper == key.High && Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref slot, 8)) < key.Low))
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private void AddValue(ref byte slot, ReadOnlySpan<byte> value)
    {
        ref var header = ref Header;
        header.HeapStart -= (ushort)value.Length;
        value.CopyTo(_bytes[header.HeapStart..]);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref slot, 16), header.HeapStart);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref slot, 18), (ushort)value.Length);
    }

    // Moves the values together, so that what was garbage is free.
    private void Compact()
    {
        Span<byte> heap = stackalloc byte[Size];
        var start = Size;
        for (var index = 0; index < Count; index++)
        {
            var value = ValueAt(index);
            start -= value.Length;
            value.CopyTo(heap[start..]);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref SlotAt(index), 16), (ushort)start);
        }

        heap[start..].CopyTo(_bytes[start..]);
        Header.HeapStart = (ushort)start;
        Header.Garbage = 0;
    }
}
