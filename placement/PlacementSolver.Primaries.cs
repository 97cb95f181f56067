namespace Uss.Placement;

public sealed partial class PlacementSolver
{
    // Puts the primary of each row first. Changing it moves no data.
    private void ChoosePrimaries(PlacementMap? previous)
    {
        var groups = _policy.Groups;
        for (var group = 0; group < groups; group++)
            CloseGaps(RowOf(group));
        var balance = new PrimaryBalance(_slots, _copies, _ids.Length);
        for (var group = 0; group < groups; group++)
        {
            if (previous is not null && previous.Rows[group % previous.Groups] is [var id, ..]
                && _numbers.TryGetValue(id, out var disk) && RowOf(group).Contains(disk))
                balance.Start(group, disk);
        }

        balance.Solve();
        for (var group = 0; group < groups; group++)
        {
            var row = RowOf(group);
            if (row[0] == Hole)
                continue;

            // The others keep their order.
            var position = row.IndexOf(balance.PrimaryOf(group));
            var primary = row[position];
            row[..position].CopyTo(row[1..]);
            row[0] = primary;
        }
    }

    private static void CloseGaps(Span<int> row)
    {
        var next = 0;
        foreach (var disk in row)
        {
            if (disk != Hole)
                row[next++] = disk;
        }

        row[next..].Fill(Hole);
    }
}
