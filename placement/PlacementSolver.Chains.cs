namespace Uss.Placement;

public sealed partial class PlacementSolver
{
    // Slots that one solution may look at in search of chains: bounds its time on hopeless inputs to a second or two.
    private const long ChainBudget = 100_000_000;

    // What a chain's link costs: a copy that stays put for another is worth more than one that has to be made anyway.
    private const int Restores = 0;
    private const int Replaces = 1;
    private const int MovesMore = 2;

    private long _chainWork;

    // A disk that lacks copies and can take none directly gets one from a disk in between, which gets one from another, until
    // a disk above its quota or a hole ends the chain: the shortest one, found breadth first.
    private void MoveThroughOthers()
    {
        var chain = new Chain(_ids.Length, DomainCount);
        for (var disk = 0; disk < _ids.Length; disk++)
        {
            while (Lack(disk) > 0 && _chainWork < ChainBudget && FindChain(disk, chain))
            {
            }
        }
    }

    private bool FindChain(int needy, Chain chain)
    {
        chain.Clear();
        chain.Reach(needy, Hole, Hole);
        while (chain.TryNext(out var taker))
        {
            if (!chain.TryExpand(_domains[taker]))
                continue;
            _chainWork += _slots.Length;
            var (end, endCost) = (Hole, int.MaxValue);
            for (var slot = 0; slot < _slots.Length; slot++)
            {
                var giver = _slots[slot];
                var isEnd = giver == Hole || Lack(giver) < 0;
                if (!isEnd && !chain.IsWorthwhile(giver, taker))
                    continue;
                if (!CanTake(slot, giver, _domains[taker]))
                    continue;
                var cost = CostOf(slot, taker);
                if (!isEnd)
                    chain.Offer(giver, slot, taker, cost);
                else if (cost < endCost)
                    (end, endCost) = (slot, cost);
            }

            if (end == Hole)
                continue;
            Apply(chain, end, taker);
            return true;
        }

        return false;
    }

    private bool CanTake(int slot, int giver, int domain) =>
        (giver != Hole && _domains[giver] == domain) || !HoldsDomain(RowOf(slot / _copies), domain, Hole);

    private int CostOf(int slot, int taker)
    {
        if (_kept.AsSpan(slot / _copies * _copies, _copies).Contains(taker))
            return Restores;
        return _slots[slot] == _kept[slot] && _slots[slot] != Hole ? MovesMore : Replaces;
    }

    private void Apply(Chain chain, int end, int taker)
    {
        var slot = end;
        while (taker != Hole)
        {
            Place(slot, taker);
            (slot, taker) = chain.Before(taker);
        }
    }

    /// <summary>The disks that a search has reached: which slot each gives up, and to whom. Those that take slots along a chain are of
    /// different domains, since each domain is expanded once; so two changes of one row never meet in a domain.</summary>
    private sealed class Chain(int disks, int domains)
    {
        private readonly int[] _reachedIn = new int[disks];
        private readonly int[] _slot = new int[disks];
        private readonly int[] _taker = new int[disks];
        private readonly int[] _cost = new int[disks];
        private readonly int[] _expandedIn = new int[domains];
        private readonly Queue<int> _queue = new();
        private int _search;

        public void Clear()
        {
            _search++;
            _queue.Clear();
        }

        public void Reach(int disk, int slot, int taker)
        {
            (_reachedIn[disk], _slot[disk], _taker[disk]) = (_search, slot, taker);
            _queue.Enqueue(disk);
        }

        public bool TryNext(out int disk) => _queue.TryDequeue(out disk);

        /// <summary>False when the domain's turn has been: all disks of a domain can take the same slots.</summary>
        public bool TryExpand(int domain)
        {
            if (_expandedIn[domain] == _search)
                return false;
            _expandedIn[domain] = _search;
            return true;
        }

        public bool IsWorthwhile(int giver, int taker) =>
            _reachedIn[giver] != _search || (_taker[giver] == taker && _cost[giver] > Restores);

        public void Offer(int giver, int slot, int taker, int cost)
        {
            if (_reachedIn[giver] == _search)
            {
                if (cost < _cost[giver])
                    (_slot[giver], _cost[giver]) = (slot, cost);
                return;
            }

            Reach(giver, slot, taker);
            _cost[giver] = cost;
        }

        /// <summary>The slot that a disk of the chain gives up, and who takes it.</summary>
        public (int Slot, int Taker) Before(int disk) => (_slot[disk], _taker[disk]);
    }
}
