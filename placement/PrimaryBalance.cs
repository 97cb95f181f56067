namespace Uss.Placement;

/// <summary>
/// Chooses a primary for each row, so that every disk is primary of its share of the groups that it is in, rounded down or
/// up. That is always possible: giving each member of a row an equal part of it meets the shares in fractions, and a flow
/// that has a solution in fractions between whole bounds has one in whole numbers.
/// </summary>
/// <remarks>Present primaries stay where they can: a chain of changes begins at a disk with too many, or ends at one with too
/// few, and is the shortest that there is.</remarks>
internal sealed class PrimaryBalance
{
    // Divisible by every length of a row, so that shares are whole numbers of parts.
    private const long Parts = 720_720;

    private readonly int[] _slots;
    private readonly int _copies;
    private readonly int[] _primaries;
    private readonly int[] _counts;
    private readonly long[] _shares;

    // The rows of each disk, one disk after the other.
    private readonly int[] _firstRows;
    private readonly int[] _rows;

    private readonly int[] _reachedIn;
    private readonly int[] _through;
    private readonly int[] _from;
    private int _search;

    /// <summary>Starts without any primaries.</summary>
    /// <param name="slots">The disks of each row, without gaps; -1 is none.</param>
    /// <param name="copies">Slots of a row, at most 16.</param>
    /// <param name="disks">Disks.</param>
    public PrimaryBalance(int[] slots, int copies, int disks)
    {
        (_slots, _copies) = (slots, copies);
        _primaries = new int[slots.Length / copies];
        Array.Fill(_primaries, -1);
        _counts = new int[disks];
        _shares = new long[disks];
        _firstRows = new int[disks + 1];
        _reachedIn = new int[disks];
        _through = new int[disks];
        _from = new int[disks];
        foreach (var disk in slots)
        {
            if (disk >= 0)
                _firstRows[disk + 1]++;
        }

        for (var disk = 0; disk < disks; disk++)
            _firstRows[disk + 1] += _firstRows[disk];
        _rows = new int[_firstRows[disks]];
        var next = _firstRows.AsSpan(0, disks).ToArray();
        for (var group = 0; group < _primaries.Length; group++)
        {
            var row = Row(group);
            foreach (var disk in row)
            {
                _rows[next[disk]++] = group;
                _shares[disk] += Parts / row.Length;
            }
        }
    }

    /// <summary>The primary of a row; -1 when the row is empty.</summary>
    public int PrimaryOf(int group) => _primaries[group];

    /// <summary>Names the present primary of a row.</summary>
    public void Start(int group, int disk)
    {
        _primaries[group] = disk;
        _counts[disk]++;
    }

    /// <summary>Chooses where there is none yet, then balances.</summary>
    public void Solve()
    {
        for (var group = 0; group < _primaries.Length; group++)
        {
            if (_primaries[group] < 0 && Row(group).Length > 0)
                Start(group, Emptiest(Row(group)));
        }

        for (var disk = 0; disk < _counts.Length; disk++)
        {
            while (_counts[disk] > Most(disk) && PushFrom(disk))
            {
            }
        }

        for (var disk = 0; disk < _counts.Length; disk++)
        {
            while (_counts[disk] < Least(disk) && PullTo(disk))
            {
            }
        }
    }

    private int Least(int disk) => (int)(_shares[disk] / Parts);

    private int Most(int disk) => (int)((_shares[disk] + Parts - 1) / Parts);

    private ReadOnlySpan<int> Row(int group)
    {
        var row = _slots.AsSpan(group * _copies, _copies);
        var length = row.IndexOf(-1);
        return length < 0 ? row : row[..length];
    }

    private int Emptiest(ReadOnlySpan<int> row)
    {
        var best = row[0];
        foreach (var disk in row)
        {
            if ((Int128)(_counts[disk] + 1) * _shares[best] < (Int128)(_counts[best] + 1) * _shares[disk])
                best = disk;
        }

        return best;
    }

    // Along rows from their primary to another member, to the nearest disk that can be primary of one more.
    private bool PushFrom(int start) => Search(start, isPush: true);

    // Against that direction, to the nearest disk that can be primary of one less.
    private bool PullTo(int start) => Search(start, isPush: false);

    private bool Search(int start, bool isPush)
    {
        _search++;
        _reachedIn[start] = _search;
        var queue = new Queue<int>();
        queue.Enqueue(start);
        while (queue.TryDequeue(out var disk))
        {
            foreach (var group in _rows.AsSpan(_firstRows[disk].._firstRows[disk + 1]))
            {
                var primary = _primaries[group];
                if ((primary == disk) != isPush)
                    continue;
                foreach (var other in isPush ? Row(group) : [primary])
                {
                    if (_reachedIn[other] == _search)
                        continue;
                    (_reachedIn[other], _through[other], _from[other]) = (_search, group, disk);
                    queue.Enqueue(other);
                    if (isPush ? _counts[other] >= Most(other) : _counts[other] <= Least(other))
                        continue;
                    Apply(start, other, isPush);
                    return true;
                }
            }
        }

        return false;
    }

    private void Apply(int start, int end, bool isPush)
    {
        for (var disk = end; disk != start; disk = _from[disk])
            _primaries[_through[disk]] = isPush ? disk : _from[disk];
        _counts[start] += isPush ? -1 : 1;
        _counts[end] += isPush ? 1 : -1;
    }
}
