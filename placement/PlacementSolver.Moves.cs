namespace Uss.Placement;

public sealed partial class PlacementSolver
{
    private Needs NeedsNow() => new([.. Enumerable.Range(0, _ids.Length).Select(Lack)], _domains, _firstDisks, _policy);

    private void FillHoles()
    {
        var rows = 0;
        for (var group = 0; group < _policy.Groups; group++)
            rows += RowOf(group).Contains(Hole) ? 1 : 0;
        if (rows == 0)
            return;
        var needs = NeedsNow();
        for (var group = 0; group < _policy.Groups && needs.Total > 0; group++)
        {
            var row = RowOf(group);
            if (row.Contains(Hole))
                FillRow(group, row, needs, rows--);
        }
    }

    private void FillRow(int group, Span<int> row, Needs needs, int rows)
    {
        for (var pass = 0; pass < 2; pass++)
        {
            for (var position = 0; position < row.Length; position++)
            {
                if (row[position] != Hole)
                    continue;
                var slot = (group * _copies) + position;
                var hash = PlacementHash.Mix((ulong)slot);
                var disk = pass == 0 ? needs.ChooseUrgent(row, rows, hash) : needs.Choose(row, -1, hash);
                if (disk < 0)
                    break;
                Place(slot, disk);
                needs.Satisfy(disk);
            }
        }
    }

    // The first pass takes from each disk only a part of its copies, chosen by a hash, as large as its surplus: so the rows
    // that change are spread over the table, and old and new disks mix. The second pass takes what the first one missed.
    private void MoveSurplus()
    {
        var needs = NeedsNow();
        var chances = new ulong[_ids.Length];
        for (var disk = 0; disk < chances.Length; disk++)
        {
            if (Lack(disk) < 0)
                chances[disk] = (ulong)(-Lack(disk) / (double)_held[disk] * uint.MaxValue);
        }

        for (var pass = 0; pass < 2; pass++)
        {
            for (var group = 0; group < _policy.Groups && needs.Total > 0; group++)
                MoveSurplusOfRow(group, needs, pass == 0 ? chances : null);
        }
    }

    private void MoveSurplusOfRow(int group, Needs needs, ulong[]? chances)
    {
        var row = RowOf(group);

        // From the last position: the first one is the primary's, which had better stay.
        for (var position = row.Length - 1; position >= 0; position--)
        {
            if (row[position] == Hole || Lack(row[position]) >= 0)
                continue;
            var slot = (group * _copies) + position;
            var hash = PlacementHash.Mix((ulong)slot ^ (1UL << 40));
            if (chances is not null && (hash & uint.MaxValue) > chances[row[position]])
                continue;
            var disk = needs.Choose(row, position, PlacementHash.Mix(hash));
            if (disk < 0)
                continue;
            Place(slot, disk);
            needs.Satisfy(disk);
        }
    }
}
