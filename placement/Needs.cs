namespace Uss.Placement;

/// <summary>What disks lack to their quotas, and the choice of one by a hash, in proportion to what they lack.</summary>
internal sealed class Needs
{
    private readonly SumTree _lacks;
    private readonly int[] _domains;
    private readonly int[] _firstDisks;
    private readonly (int First, int Next)[] _excluded;

    // Domains by what they lack: lists, doubly linked, with a head for each number.
    private readonly int[] _domainLacks;
    private readonly int[] _heads;
    private readonly int[] _after;
    private readonly int[] _before;

    /// <summary>Starts with what each disk lacks; a negative number counts as 0.</summary>
    /// <param name="lacks">What each disk lacks.</param>
    /// <param name="domains">Failure domain of each disk; the disks of a domain are neighbours.</param>
    /// <param name="firstDisks">First disk of each domain, and the number of disks.</param>
    /// <param name="policy">Copies and placement groups.</param>
    public Needs(int[] lacks, int[] domains, int[] firstDisks, PoolPolicy policy)
    {
        (_domains, _firstDisks) = (domains, firstDisks);
        _lacks = new SumTree(lacks.Length);
        _excluded = new (int, int)[policy.Copies];
        _domainLacks = new int[firstDisks.Length - 1];
        for (var disk = 0; disk < lacks.Length; disk++)
        {
            if (lacks[disk] <= 0)
                continue;
            _lacks.Add(disk, lacks[disk]);
            _domainLacks[domains[disk]] += lacks[disk];
            Total += lacks[disk];
        }

        _heads = new int[Math.Max(policy.Groups, _domainLacks.Length == 0 ? 0 : _domainLacks.Max()) + 1];
        Array.Fill(_heads, -1);
        _after = new int[_domainLacks.Length];
        _before = new int[_domainLacks.Length];
        for (var domain = 0; domain < _domainLacks.Length; domain++)
            Link(domain);
    }

    /// <summary>What all disks together lack.</summary>
    public long Total { get; private set; }

    /// <summary>A disk that lacks copies, in a domain that the row has no copy in; -1 when there is none.</summary>
    /// <param name="row">The row; entries of -1 are holes.</param>
    /// <param name="exceptPosition">A position of the row that does not count, because it is to be replaced; or -1.</param>
    /// <param name="hash">Chooses among the disks.</param>
    public int Choose(ReadOnlySpan<int> row, int exceptPosition, ulong hash)
    {
        var count = 0;
        for (var position = 0; position < row.Length; position++)
        {
            if (row[position] < 0 || position == exceptPosition)
                continue;
            var domain = _domains[row[position]];
            if (_domainLacks[domain] == 0)
                continue;
            var place = count++;
            for (; place > 0 && _excluded[place - 1].First > _firstDisks[domain]; place--)
                _excluded[place] = _excluded[place - 1];
            _excluded[place] = (_firstDisks[domain], _firstDisks[domain + 1]);
        }

        var open = Total;
        for (var i = 0; i < count; i++)
            open -= _domainLacks[_domains[_excluded[i].First]];
        if (open <= 0)
            return -1;

        // The point is in what the open domains lack; each excluded domain before it pushes it on.
        var point = (long)Math.BigMul(hash, (ulong)open, out _);
        for (var i = 0; i < count && point >= _lacks.Before(_excluded[i].First); i++)
            point += _domainLacks[_domains[_excluded[i].First]];
        return _lacks.Find(point);
    }

    /// <summary>A disk of a domain that lacks as many copies as <paramref name="rows"/>, so that it must be in each of so many
    /// rows, and that the row has no copy in; -1 when there is none.</summary>
    public int ChooseUrgent(ReadOnlySpan<int> row, int rows, ulong hash)
    {
        if (rows >= _heads.Length || rows <= 0)
            return -1;
        for (var domain = _heads[rows]; domain >= 0; domain = _after[domain])
        {
            var isHeld = false;
            foreach (var disk in row)
                isHeld |= disk >= 0 && _domains[disk] == domain;
            if (!isHeld)
                return _lacks.Find(_lacks.Before(_firstDisks[domain]) + (long)Math.BigMul(hash, (ulong)_domainLacks[domain], out _));
        }

        return -1;
    }

    /// <summary>Notes that a disk got one of the copies that it lacks.</summary>
    public void Satisfy(int disk)
    {
        var domain = _domains[disk];
        Unlink(domain);
        _lacks.Add(disk, -1);
        _domainLacks[domain]--;
        Total--;
        Link(domain);
    }

    private void Link(int domain)
    {
        ref var head = ref _heads[_domainLacks[domain]];
        _before[domain] = -1;
        _after[domain] = head;
        if (head >= 0)
            _before[head] = domain;
        head = domain;
    }

    private void Unlink(int domain)
    {
        if (_before[domain] >= 0)
            _after[_before[domain]] = _after[domain];
        else
            _heads[_domainLacks[domain]] = _after[domain];
        if (_after[domain] >= 0)
            _before[_after[domain]] = _before[domain];
    }
}
