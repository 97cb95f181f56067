using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>The way through the tree.</summary>
public sealed partial class MetadataCheck
{
    // Leaves of one parent that are read at a time; inner pages are few.
    private const int ReadsAtATime = 8;

    // Keys of the page lie from low on and below high; the highest key of all has no key above it.
    private async ValueTask CheckPageAsync(PageReference reference, int level, RecordKey low, RecordKey high)
    {
        if (_visitor is { IsStopped: true } || !TryMarkSeen(reference.Id))
            return;
        var buffer = RentPage();
        var slice = buffer.Slice(0, Page.Size);
        var status = await _space.ReadAsync(MetadataLayout.PageOffset(_superblock.LogBytes, reference.Id), slice);
        if (IsSound(slice, status, reference, level, low, high))
        {
            _report.Pages++;
            if (level == 0)
                VisitRecords(new Page(slice.Span));
            else
                await CheckChildrenAsync(slice, level, low, high);
        }

        _buffers.Push(buffer);
    }

    private void VisitRecords(in Page leaf)
    {
        _report.Records += leaf.Count;
        for (var index = 0; _visitor is not null && index < leaf.Count; index++)
            _visitor.Visit(leaf.KeyAt(index), leaf.ValueAt(index));
    }

    private async ValueTask CheckChildrenAsync(BufferSlice parent, int level, RecordKey low, RecordKey high)
    {
        var count = new Page(parent.Span).Count;
        var reads = new List<ValueTask>(ReadsAtATime);
        for (var index = 0; index < count; index++)
        {
            reads.Add(CheckChildAsync(parent, level, index, low, high));
            if (level > 1 || reads.Count == ReadsAtATime || index == count - 1)
            {
                foreach (var read in reads)
                    await read;
                reads.Clear();
            }
        }
    }

    private ValueTask CheckChildAsync(BufferSlice parent, int level, int index, RecordKey low, RecordKey high)
    {
        var page = new Page(parent.Span);
        return CheckPageAsync(
            page.ChildAt(index), level - 1, index == 0 ? low : page.KeyAt(index), index == page.Count - 1 ? high : page.KeyAt(index + 1));
    }

    private bool IsSound(BufferSlice slice, RecordStatus status, PageReference reference, int level, RecordKey low, RecordKey high)
    {
        if (status != RecordStatus.Ok)
        {
            _report.Add($"Page {reference.Id} cannot be read.");
            return false;
        }

        var page = new Page(slice.Span);
        if (page.FindFault(reference, level, _superblock.FileSystem) is { } fault)
        {
            _report.Add($"Page {reference.Id} {fault}.");
            return false;
        }

        // The first key of an inner page is not looked at.
        var first = level == 0 ? 0 : 1;
        var isOutside = page.Count > first
            && (page.KeyAt(first).CompareTo(low) < 0 || (page.KeyAt(page.Count - 1).CompareTo(high) >= 0 && high != RecordKey.Maximum));
        if (isOutside)
            _report.Add($"Page {reference.Id} has keys outside of what its parent has it for.");
        return !isOutside;
    }

    private bool TryMarkSeen(long page)
    {
        if (page < 0 || page >= _superblock.NextPage)
        {
            _report.Add($"Page {page} is referred to and does not exist.");
            return false;
        }

        ref var word = ref _seen[(int)(page / BitmapBlock.Pages)][(int)(page % BitmapBlock.Pages / 64)];
        var bit = 1UL << (int)(page % 64);
        if ((word & bit) != 0)
        {
            _report.Add($"Page {page} is referred to twice.");
            return false;
        }

        word |= bit;
        return true;
    }
}
