namespace Uss.Placement;

public sealed partial class PlacementSolver
{
    private void MoveSurplus()
    {
        var needy = new List<int>(Enumerable.Range(0, _ids.Count).Where(disk => Lack(disk) > 0));
        foreach (var row in _rows)
        {
            if (needy.Count == 0)
                return;
            for (var position = 0; position < row.Length; position++)
            {
                if (row[position] != Hole && Lack(row[position]) < 0)
                    MoveDirectly(row, position, needy);
            }
        }

        // What is left cannot move in one step, because the group has a copy in the needy disk's domain already.
        foreach (var disk in needy.ToList())
        {
            while (Lack(disk) > 0 && MoveThroughAnother(disk))
            {
            }
        }
    }

    private void MoveDirectly(int[] row, int position, List<int> needy)
    {
        var best = Hole;
        foreach (var disk in needy)
        {
            if (!HoldsDomain(row, _domains[disk], row[position]) && (best == Hole || Lack(disk) > Lack(best)))
                best = disk;
        }

        if (best == Hole)
            return;
        Replace(row, position, best);
        if (Lack(best) == 0)
            needy.Remove(best);
    }

    // A disk in between gives one replica to the needy disk and takes one from a disk above its quota.
    private bool MoveThroughAnother(int needy)
    {
        foreach (var first in _rows)
        {
            for (var position = 0; position < first.Length; position++)
            {
                var between = first[position];
                if (between == Hole || between == needy || HoldsDomain(first, _domains[needy], between))
                    continue;
                foreach (var second in _rows)
                {
                    for (var other = 0; other < second.Length; other++)
                    {
                        if (ReferenceEquals(first, second) || second[other] == Hole || Lack(second[other]) >= 0
                            || HoldsDomain(second, _domains[between], second[other]))
                            continue;
                        Replace(first, position, needy);
                        Replace(second, other, between);
                        return true;
                    }
                }
            }
        }

        return false;
    }

    private void Replace(int[] row, int position, int disk)
    {
        _held[row[position]]--;
        _held[disk]++;
        row[position] = disk;
    }

    private static void CloseGaps(int[] row)
    {
        var next = 0;
        for (var position = 0; position < row.Length; position++)
        {
            if (row[position] == Hole)
                continue;
            (row[next], row[position]) = (row[position], row[next]);
            next++;
        }
    }

    // Swapping the order within a row moves no data. Each disk is primary of its share of the groups that it is in.
    private void BalancePrimaries()
    {
        var primaries = new int[_ids.Count];
        foreach (var row in _rows)
        {
            CloseGaps(row);
            if (row[0] != Hole)
                primaries[row[0]]++;
        }

        for (var pass = 0; pass < 2; pass++)
        {
            foreach (var row in _rows)
            {
                for (var position = 1; position < row.Length && row[position] != Hole; position++)
                {
                    // Compared as shares of what each disk holds; a swap must not overshoot.
                    var present = row[0];
                    var candidate = row[position];
                    if ((long)(primaries[present] - 1) * _held[candidate] < (long)(primaries[candidate] + 1) * _held[present])
                        continue;
                    primaries[present]--;
                    primaries[candidate]++;
                    (row[0], row[position]) = (row[position], row[0]);
                }
            }
        }
    }
}
