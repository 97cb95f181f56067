namespace Uss.Placement;

/// <summary>How many copies of groups each disk shall hold, and how many have to move for it.</summary>
/// <remarks>
/// <para>A pool is full when its fullest disk is, so the quotas make the largest ratio of copies to weight as small as whole
/// numbers can: seat by seat to the disk that is least full with the seat (the method of Jefferson and d'Hondt, which has
/// exactly this property). With a hundred copies a disk on average, no disk is more than 1 % above its share. The method
/// is also monotone: a new disk takes from others and makes nobody else gain; a disk that goes makes nobody lose. So a
/// change moves what it must and nothing in exchange.</para>
/// <para>A failure domain holds at most one copy of each group. What a heavy one cannot take goes to the others.</para>
/// <para>The least that must move: a disk that stays and holds less than its share rounded down must get the difference;
/// and every copy must be made anew that is on no disk which may keep it: on one that has gone, drains, is of another class
/// or shares a domain with another copy of the group, or above the share rounded up (above the quota, if that is more).
/// Each move serves one of the first and one of the second kind, so the larger of both sums is the least.</para>
/// </remarks>
internal sealed class ReplicaQuotas
{
    private const double Tolerance = 1e-6;

    private readonly long[] _weights;
    private readonly int[] _domains;
    private readonly int[] _held;
    private readonly ulong[] _ties;
    private readonly int _groups;
    private readonly long _total;
    private readonly double[] _shares;
    private readonly int[] _domainCopies;

    private ReplicaQuotas(long[] weights, int[] domains, int domainCount, int[] held, ulong[] ties, PoolPolicy policy)
    {
        (_weights, _domains, _held, _ties, _groups) = (weights, domains, held, ties, policy.Groups);
        var domainWeights = new double[domainCount];
        for (var disk = 0; disk < weights.Length; disk++)
            domainWeights[domains[disk]] += weights[disk];
        _total = (long)_groups * Math.Min(policy.Copies, domainWeights.Count(weight => weight > 0));
        var isFull = new bool[domainCount];
        var domainShares = ShareOut(domainWeights, isFull);
        _shares = new double[weights.Length];
        for (var disk = 0; disk < weights.Length; disk++)
        {
            if (weights[disk] > 0)
                _shares[disk] = domainShares[domains[disk]] * (weights[disk] / domainWeights[domains[disk]]);
        }

        Quotas = new int[weights.Length];
        _domainCopies = new int[domainCount];
        SeatAll(isFull);
        LeastMoved = CountLeastMoved();
    }

    /// <summary>Copies that each disk shall hold.</summary>
    public int[] Quotas { get; }

    /// <summary>Fewest copies that have to be made anew.</summary>
    public int LeastMoved { get; }

    /// <summary>Computes the quotas.</summary>
    /// <param name="weights">Weight of each disk.</param>
    /// <param name="domains">Failure domain of each disk.</param>
    /// <param name="domainCount">Failure domains.</param>
    /// <param name="held">Copies that each disk holds now: decides who gets the odd one, so that it need not move.</param>
    /// <param name="ties">A hash of each disk, which decides what is still equal, so that odd copies spread.</param>
    /// <param name="policy">Copies and placement groups.</param>
    public static ReplicaQuotas Compute(long[] weights, int[] domains, int domainCount, int[] held, ulong[] ties, PoolPolicy policy) =>
        new(weights, domains, domainCount, held, ties, policy);

    // Shares of the domains by weight; a domain whose share is more than one copy of each group is full.
    private double[] ShareOut(double[] weights, bool[] isFull)
    {
        var shares = new double[weights.Length];
        var isChanged = true;
        while (isChanged)
        {
            isChanged = false;
            var openWeight = 0.0;
            var open = (double)_total;
            for (var i = 0; i < weights.Length; i++)
            {
                if (isFull[i])
                    open -= _groups;
                else
                    openWeight += weights[i];
            }

            for (var i = 0; i < weights.Length; i++)
            {
                if (isFull[i] || weights[i] <= 0)
                    continue;
                shares[i] = open * (weights[i] / openWeight);
                if (shares[i] >= _groups - Tolerance)
                {
                    shares[i] = _groups;
                    isFull[i] = isChanged = true;
                }
            }
        }

        return shares;
    }

    // The disks of a full domain share its copies; all the other disks share the rest.
    private void SeatAll(bool[] isFull)
    {
        var members = new List<int>[isFull.Length];
        var others = new List<int>();
        for (var disk = 0; disk < _weights.Length; disk++)
        {
            if (_weights[disk] <= 0)
                continue;
            if (isFull[_domains[disk]])
                (members[_domains[disk]] ??= []).Add(disk);
            else
                others.Add(disk);
        }

        var rest = _total;
        foreach (var disks in members)
        {
            if (disks is null)
                continue;
            Seat(disks, _groups);
            rest -= _groups;
        }

        Seat(others, rest);
    }

    // Nobody gets less than the share rounded down, so only the seats above that are given one by one.
    private void Seat(List<int> disks, long seats)
    {
        foreach (var disk in disks)
        {
            Quotas[disk] = (int)Math.Max(0, Math.Floor(_shares[disk] - Tolerance));
            _domainCopies[_domains[disk]] += Quotas[disk];
            seats -= Quotas[disk];
        }

        var queue = new PriorityQueue<int, int>(Comparer<int>.Create(CompareNextSeat));
        foreach (var disk in disks)
            queue.Enqueue(disk, disk);
        while (seats > 0 && queue.TryDequeue(out var disk, out _))
        {
            if (_domainCopies[_domains[disk]] >= _groups)
                continue;
            Quotas[disk]++;
            _domainCopies[_domains[disk]]++;
            seats--;
            queue.Enqueue(disk, disk);
        }
    }

    // Who is less full with one copy more comes first; then who holds that copy already; then the hash.
    private int CompareNextSeat(int one, int other)
    {
        var byRatio = ((UInt128)(uint)(Quotas[one] + 1) * (ulong)_weights[other])
            .CompareTo((UInt128)(uint)(Quotas[other] + 1) * (ulong)_weights[one]);
        if (byRatio != 0)
            return byRatio;
        var byHeld = (_held[other] > Quotas[other]).CompareTo(_held[one] > Quotas[one]);
        if (byHeld != 0)
            return byHeld;
        var byHash = _ties[one].CompareTo(_ties[other]);
        return byHash != 0 ? byHash : one.CompareTo(other);
    }

    private int CountLeastMoved()
    {
        var mustArrive = 0L;
        var mustBeMade = _total;
        for (var disk = 0; disk < _weights.Length; disk++)
        {
            if (_weights[disk] <= 0)
                continue;
            mustArrive += Math.Max(0, (int)Math.Floor(_shares[disk] + Tolerance) - _held[disk]);
            mustBeMade -= Math.Min(_held[disk], Math.Max((int)Math.Ceiling(_shares[disk] - Tolerance), Quotas[disk]));
        }

        return (int)Math.Max(mustArrive, mustBeMade);
    }
}
