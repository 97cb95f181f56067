using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>What concerns a page as a whole: division, checksum, soundness.</summary>
internal readonly ref partial struct Page
{
    /// <summary>
    /// Moves the upper records to an empty page and inserts one more into the page where it belongs. Behind all others it goes
    /// alone: keys that come in ascending order fill their pages.
    /// </summary>
    public void Split(Page right, int index, RecordKey key, ReadOnlySpan<byte> value)
    {
        var stay = index == Count ? index : CountThatStays(index, SlotBytes + value.Length);
        var isLeft = index < stay;
        var moved = isLeft ? stay - 1 : stay;
        for (var from = moved; from < Count; from++)
            Invariant.Check(right.TryInsert(right.Count, KeyAt(from), ValueAt(from)));
        while (Count > moved)
            Remove(Count - 1);
        Invariant.Check(isLeft ? TryInsert(index, key, value) : right.TryInsert(index - moved, key, value));
    }

    /// <summary>Takes all records of the page to its right; they must fit.</summary>
    /// <param name="right">That page.</param>
    /// <param name="separator">The key that its parent has for it: the first one of an inner page says nothing.</param>
    public void Append(Page right, RecordKey separator)
    {
        for (var index = 0; index < right.Count; index++)
        {
            var key = index == 0 && right.Level > 0 ? separator : right.KeyAt(index);
            Invariant.Check(TryInsert(Count, key, right.ValueAt(index)));
        }
    }

    /// <summary>Fills in the checksum.</summary>
    public void Seal() => Header.Checksum = Crc32C.Compute(_bytes[4..]);

    /// <summary>Says what is wrong with a page that was read; null when nothing is.</summary>
    public string? FindFault(PageReference expected, int level, ulong fileSystem)
    {
        ref var header = ref Header;
        if (header.Magic != PageHeader.ExpectedMagic)
            return "is no page of the tree";
        if (header.Checksum != Crc32C.Compute(_bytes[4..]))
            return "has a wrong checksum";
        if (header.Self != expected || header.FileSystem != fileSystem)
            return $"is page {header.Self.Id} of generation {header.Self.Generation} of file system {header.FileSystem:x}";
        if (header.Level != level)
            return $"has level {header.Level}, not {level}";
        return IsSound() ? null : "has a wrong order or length of records";
    }

    private bool IsSound()
    {
        ref var header = ref Header;
        if (header.HeapStart > Size || header.HeapStart < PageHeader.Size + (header.Count * SlotBytes) || (Level > 0 && Count == 0))
            return false;
        var bytes = 0;
        for (var index = 0; index < Count; index++)
        {
            ref var slot = ref SlotAt(index);
            var offset = Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref slot, 16));
            var length = BytesAt(index) - SlotBytes;
            if (offset < header.HeapStart || offset + length > Size || (Level > 0 && length != PageReference.Size))
                return false;
            if (length > RecordTransaction.MaximumValueBytes || (index > (Level > 0 ? 1 : 0) && KeyAt(index).CompareTo(KeyAt(index - 1)) <= 0))
                return false;
            bytes += length;
        }

        return bytes + header.Garbage == Size - header.HeapStart;
    }

    // How many of the records, with the new one among them, make the left page about as full as the right one.
    private int CountThatStays(int index, int newBytes)
    {
        var half = (UsedBytes + newBytes) / 2;
        var left = 0;
        for (var count = 0; count < Count; count++)
        {
            left += count == index ? newBytes : BytesAt(count < index ? count : count - 1);
            if (left >= half)
                return count + 1;
        }

        return Count;
    }
}
