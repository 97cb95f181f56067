namespace Uss.Store;

/// <summary>
/// Spaces that are being deleted and snapshot sequences that were dropped. Kept as marks in the object table; this is
/// their index in memory. Few spaces have any.
/// </summary>
internal sealed class SpaceMarks(ObjectTable table)
{
    private readonly Dictionary<ulong, int> _deleted = [];
    private readonly Dictionary<ulong, List<int>> _dropped = [];

    /// <summary>Spaces that are being deleted.</summary>
    public IReadOnlyCollection<ulong> DeletedSpaces => _deleted.Keys;

    /// <summary>Spaces with dropped sequences.</summary>
    public IReadOnlyCollection<ulong> SpacesWithDrops => _dropped.Keys;

    /// <summary>True while the space is being deleted.</summary>
    public bool IsDeleted(ulong space) => _deleted.Count > 0 && _deleted.ContainsKey(space);

    /// <summary>Adds the marks of a loaded table.</summary>
    public void Load(int slot)
    {
        ref readonly var entry = ref table.Read(slot);
        if (entry.Kind == TableEntryKind.DeletedSpace)
            _deleted[entry.Space] = slot;
        else if (entry.Kind == TableEntryKind.DroppedSequences)
            RangesOf(entry.Space).Add(slot);
    }

    /// <summary>Marks a space as deleted; its dropped sequences do not matter any more.</summary>
    /// <returns>False when the table is full.</returns>
    public bool Delete(ulong space)
    {
        if (_deleted.ContainsKey(space))
            return true;
        var slot = table.Add(new ObjectId(space, 0), 0, TableEntryKind.DeletedSpace);
        if (slot < 0)
            return false;
        _deleted[space] = slot;
        return true;
    }

    /// <summary>Forgets a space, whose layers are all gone.</summary>
    public void Gone(ulong space)
    {
        if (_deleted.Remove(space, out var slot))
            table.Remove(slot);
        if (!_dropped.Remove(space, out var ranges))
            return;
        foreach (var range in ranges)
            table.Remove(range);
    }

    /// <summary>Marks a sequence as dropped; adjacent ranges become one.</summary>
    /// <returns>False when the table is full.</returns>
    public bool Drop(ulong space, uint sequence)
    {
        if (NextLive(space, sequence) != sequence)
            return true;
        var ranges = RangesOf(space);
        var before = ranges.FindIndex(slot => table.Read(slot).Index + 1 == sequence);
        var after = ranges.FindIndex(slot => table.Read(slot).Sequence == sequence + 1);
        if (before >= 0 && after >= 0)
        {
            table.Change(ranges[before]).Index = table.Read(ranges[after]).Index;
            table.Remove(ranges[after]);
            ranges.RemoveAt(after);
        }
        else if (before >= 0)
        {
            table.Change(ranges[before]).Index = sequence;
        }
        else if (after >= 0)
        {
            table.Change(ranges[after]).Sequence = sequence;
        }
        else
        {
            var slot = table.Add(new ObjectId(space, sequence), sequence, TableEntryKind.DroppedSequences);
            if (slot < 0)
                return false;
            ranges.Add(slot);
        }

        return true;
    }

    /// <summary>The lowest sequence from <paramref name="sequence"/> on that was not dropped.</summary>
    public uint NextLive(ulong space, uint sequence)
    {
        if (_dropped.Count == 0 || !_dropped.TryGetValue(space, out var ranges))
            return sequence;
        foreach (var slot in ranges)
        {
            ref readonly var range = ref table.Read(slot);
            if (range.Sequence <= sequence && sequence <= range.Index)
                return range.Index + 1;
        }

        return sequence;
    }

    private List<int> RangesOf(ulong space)
    {
        if (!_dropped.TryGetValue(space, out var ranges))
            _dropped[space] = ranges = [];
        return ranges;
    }
}
