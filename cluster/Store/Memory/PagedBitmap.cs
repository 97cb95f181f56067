using System.Numerics;
using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// A bitmap over <see cref="FrozenPages"/> with a count of set bits a page, so that a search skips what is full.
/// </summary>
internal sealed unsafe class PagedBitmap : IDisposable
{
    /// <summary>Bits of a page: 128 MiB of blocks.</summary>
    public const int BitsPerPage = FrozenPages.PageBytes * 8;

    private const int WordsPerPage = FrozenPages.PageBytes / 8;

    private readonly int[] _counts;

    /// <summary>Creates a bitmap of zeros.</summary>
    /// <param name="length">Bits.</param>
    public PagedBitmap(long length)
    {
        Length = length;
        Pages = new FrozenPages((int)((length + BitsPerPage - 1) / BitsPerPage));
        _counts = new int[Pages.PageCount];
    }

    /// <summary>Bits.</summary>
    public long Length { get; }

    /// <summary>The pages, for checkpoints.</summary>
    public FrozenPages Pages { get; }

    /// <summary>Bits set.</summary>
    public long SetCount { get; private set; }

    /// <summary>Memory held, in bytes.</summary>
    public long MemoryBytes => Pages.MemoryBytes + (4L * _counts.Length);

    /// <summary>Bits set in a page.</summary>
    public int CountInPage(int page) => _counts[page];

    /// <summary>One bit.</summary>
    public bool Get(long bit)
    {
        Invariant.Check((ulong)bit < (ulong)Length);
        var page = Pages.Read((int)(bit / BitsPerPage));
        return page != null && (((ulong*)page)[bit % BitsPerPage >> 6] >> (int)bit & 1) != 0;
    }

    /// <summary>Sets bits that are clear.</summary>
    public void SetRange(long first, long count)
    {
        var changed = Change(first, count, true);
        Invariant.Check(changed == count);
    }

    /// <summary>Clears bits that are set.</summary>
    public void ClearRange(long first, long count)
    {
        var changed = Change(first, count, false);
        Invariant.Check(changed == count);
    }

    /// <summary>Makes bits set or clear, whatever they were.</summary>
    /// <returns>Bits that changed.</returns>
    public long Change(long first, long count, bool value)
    {
        Invariant.Check(first >= 0 && count >= 0 && first <= Length - count);
        long changed = 0;
        while (count > 0)
        {
            var page = (int)(first / BitsPerPage);
            var bit = (int)(first % BitsPerPage);
            var length = (int)Math.Min(count, BitsPerPage - bit);
            if (value || Pages.Read(page) != null)
            {
                var delta = ChangeInPage((ulong*)Pages.Write(page), bit, length, value);
                _counts[page] += value ? delta : -delta;
                changed += delta;
            }

            first += length;
            count -= length;
        }

        SetCount += value ? changed : -changed;
        return changed;
    }

    /// <summary>The first clear bit from <paramref name="from"/> on; <paramref name="end"/> when all before it are set.</summary>
    public long NextClear(long from, long end) => Next(from, end, ulong.MaxValue);

    /// <summary>The first set bit from <paramref name="from"/> on; <paramref name="end"/> when all before it are clear.</summary>
    public long NextSet(long from, long end) => Next(from, end, 0);

    /// <summary>Loads a page's content at open.</summary>
    public void LoadPage(int page, ReadOnlySpan<byte> content)
    {
        var count = 0;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(content))
            count += BitOperations.PopCount(word);
        if (count > 0)
            content.CopyTo(new Span<byte>(Pages.Write(page), FrozenPages.PageBytes));
        SetCount += count - _counts[page];
        _counts[page] = count;
    }

    /// <summary>Sets the bits that are set in <paramref name="other"/>.</summary>
    public void CopyFrom(PagedBitmap other)
    {
        Invariant.Check(other.Length == Length && SetCount == 0);
        for (var page = 0; page < Pages.PageCount; page++)
        {
            if (other._counts[page] > 0)
                LoadPage(page, new ReadOnlySpan<byte>(other.Pages.Read(page), FrozenPages.PageBytes));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Pages.Dispose();

    private static int ChangeInPage(ulong* words, int bit, int length, bool value)
    {
        var changed = 0;
        while (length > 0)
        {
            var shift = bit & 63;
            var bits = Math.Min(length, 64 - shift);
            var mask = (bits == 64 ? ulong.MaxValue : (1UL << bits) - 1) << shift;
            ref var word = ref words[bit >> 6];
            changed += BitOperations.PopCount((value ? ~word : word) & mask);
            word = value ? word | mask : word & ~mask;
            bit += bits;
            length -= bits;
        }

        return changed;
    }

    // The first bit that is set once the words are flipped with "flip": all ones finds clear bits.
    private long Next(long from, long end, ulong flip)
    {
        Invariant.Check(from >= 0 && end <= Length);
        while (from < end)
        {
            var page = (int)(from / BitsPerPage);

            // A page without any such bit is skipped, one with nothing else answers at once (it may not be allocated).
            var matching = flip == 0 ? _counts[page] : BitsPerPage - _counts[page];
            if (matching == BitsPerPage)
                return from;
            var found = matching == 0 ? BitsPerPage : NextInPage((ulong*)Pages.Read(page), (int)(from % BitsPerPage), flip);
            if (found < BitsPerPage)
                return Math.Min(((long)page * BitsPerPage) + found, end);
            from = (long)(page + 1) * BitsPerPage;
        }

        return end;
    }

    private static int NextInPage(ulong* words, int bit, ulong flip)
    {
        var word = bit >> 6;
        var candidates = (words[word] ^ flip) & (ulong.MaxValue << bit);
        while (candidates == 0)
        {
            if (++word == WordsPerPage)
                return BitsPerPage;
            candidates = words[word] ^ flip;
        }

        return (word << 6) + BitOperations.TrailingZeroCount(candidates);
    }
}
