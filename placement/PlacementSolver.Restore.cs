namespace Uss.Placement;

public sealed partial class PlacementSolver
{
    // Slots that one solution may look at in search of exchanges: some tenths of a second.
    private const long RestoreBudget = 50_000_000;

    // A group may have given up a copy that it could keep: its disk got another group's copy instead. Among the copies that move
    // anyway, an exchange that ends with that one lets the first one stay, and every disk holds as many as before.
    private void RestoreCopies()
    {
        var moved = new List<int>();
        for (var slot = 0; slot < _slots.Length; slot++)
        {
            if (IsMoved(slot))
                moved.Add(slot);
        }

        if (moved.Count <= _leastMoved)
            return;
        var chain = new Chain(_ids.Length, DomainCount);
        var work = 0L;
        for (var isChanged = true; isChanged && work < RestoreBudget;)
        {
            isChanged = false;
            foreach (var slot in moved)
            {
                if (work < RestoreBudget && IsMoved(slot))
                    isChanged |= RestoreInRow(slot, moved, chain, ref work);
            }
        }
    }

    private ReadOnlySpan<int> KeptOf(int slot) => _kept.AsSpan(slot / _copies * _copies, _copies);

    private bool IsMoved(int slot) => _slots[slot] != Hole && !KeptOf(slot).Contains(_slots[slot]);

    private bool RestoreInRow(int slot, List<int> moved, Chain chain, ref long work)
    {
        var row = RowOf(slot / _copies);
        foreach (var disk in KeptOf(slot))
        {
            if (disk == Hole || row.Contains(disk) || !CanTake(slot, _slots[slot], _domains[disk]))
                continue;
            chain.Clear();
            chain.Reach(_slots[slot], Hole, Hole);
            while (chain.TryNext(out var taker))
            {
                if (!chain.TryExpand(_domains[taker]))
                    continue;
                work += moved.Count;
                foreach (var other in moved)
                {
                    var giver = _slots[other];
                    if (!IsMoved(other) || (giver != disk && !chain.IsWorthwhile(giver, taker)) || other / _copies == slot / _copies
                        || !CanTake(other, giver, _domains[taker]))
                        continue;
                    if (giver != disk)
                    {
                        chain.Offer(giver, other, taker, Restores);
                        continue;
                    }

                    Apply(chain, other, taker);
                    Place(slot, disk);
                    return true;
                }
            }
        }

        return false;
    }
}
