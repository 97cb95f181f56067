namespace Uss.Placement;

public sealed partial class PlacementSolver
{
    // Slots to look at from which chains are no longer searched one by one: some tens of milliseconds.
    private const long SingleChainWork = 20_000_000;
    private const int MostBatches = 100;

    // Where few domains have large quotas, thousands of copies may be left that cannot move in one step, and searching a chain for
    // each would take minutes. All disks of a domain can take the same slots, so a chain of domains serves for many at a time.
    private void MoveBetweenDomains()
    {
        for (var batch = 0; batch < MostBatches && LackOfAll() * _slots.Length > SingleChainWork; batch++)
        {
            if (!MoveBatch())
                return;

            // Within a domain every disk can take every slot.
            MoveSurplus();
        }
    }

    private long LackOfAll()
    {
        var lack = 0L;
        for (var disk = 0; disk < _ids.Length; disk++)
            lack += Math.Max(0, Lack(disk));
        return lack;
    }

    private bool MoveBatch()
    {
        var lacks = new int[DomainCount];
        for (var disk = 0; disk < _ids.Length; disk++)
            lacks[_domains[disk]] += Lack(disk);
        foreach (var needy in Enumerable.Range(0, DomainCount).Where(domain => lacks[domain] > 0).OrderByDescending(domain => lacks[domain]))
        {
            if (PathTo(needy, lacks) is not { } path)
                continue;
            var most = path[^1] == Hole ? lacks[needy] : Math.Min(lacks[needy], -lacks[path[^1]]);
            if (MoveAlong(path, most))
                return true;
        }

        return false;
    }

    // From the needy domain to one above its quota, or to holes: each domain can take slots of the next.
    private List<int>? PathTo(int needy, int[] lacks)
    {
        const int unreached = -2;
        var takers = new int[DomainCount];
        Array.Fill(takers, unreached);
        takers[needy] = needy;
        var queue = new Queue<int>([needy]);
        var available = new int[DomainCount];
        while (queue.TryDequeue(out var taker))
        {
            Array.Clear(available);
            for (var slot = 0; slot < _slots.Length; slot += _copies)
            {
                var row = _slots.AsSpan(slot, _copies);
                if (HoldsDomain(row, taker, Hole))
                    continue;
                foreach (var disk in row)
                {
                    if (disk == Hole)
                        return PathOf(taker, [Hole]);
                    available[_domains[disk]]++;
                }
            }

            foreach (var giver in Enumerable.Range(0, DomainCount).Where(domain => available[domain] > 0).OrderBy(domain => lacks[domain]))
            {
                if (takers[giver] != unreached)
                    continue;
                takers[giver] = taker;
                if (lacks[giver] < 0)
                    return PathOf(giver, []);
                queue.Enqueue(giver);
            }
        }

        return null;

        List<int> PathOf(int domain, List<int> path)
        {
            path.Insert(0, domain);
            return takers[domain] == domain ? path : PathOf(takers[domain], path);
        }
    }

    // One row for each link of each chain, so that no two changes meet in a row.
    private bool MoveAlong(List<int> path, int most)
    {
        var links = new List<int>[path.Count - 1];
        for (var link = 0; link < links.Length; link++)
            links[link] = [];
        var isUsed = new bool[_policy.Groups];
        var surplus = _held.Select((held, disk) => held - _quotas[disk]).ToArray();
        for (var pass = 0; pass < 2; pass++)
        {
            for (var group = 0; group < _policy.Groups; group++)
            {
                if (!isUsed[group])
                    isUsed[group] = UseRow(group, path, most, links, surplus, cheapOnly: pass == 0);
            }
        }

        var count = links.Min(slots => slots.Count);
        var needy = _firstDisks[path[0]];
        for (var i = 0; i < count; i++)
        {
            while (Lack(needy) <= 0)
                needy++;
            var taker = needy;
            foreach (var slots in links)
            {
                var giver = _slots[slots[i]];
                Place(slots[i], taker);
                taker = giver;
            }
        }

        return count > 0;
    }

    // Gives the row to the link that has the fewest so far among those that it fits.
    private bool UseRow(int group, List<int> path, int most, List<int>[] links, int[] surplus, bool cheapOnly)
    {
        var (best, bestSlot) = (-1, Hole);
        var row = RowOf(group);
        for (var link = 0; link < links.Length; link++)
        {
            if (links[link].Count >= most || (best >= 0 && links[link].Count >= links[best].Count) || HoldsDomain(row, path[link], Hole))
                continue;
            for (var position = 0; position < row.Length; position++)
            {
                var disk = row[position];
                if ((disk == Hole ? Hole : _domains[disk]) != path[link + 1])
                    continue;
                var slot = (group * _copies) + position;
                var isCheap = disk == Hole || (link == links.Length - 1 ? surplus[disk] > 0 : _slots[slot] != _kept[slot]);
                if (!cheapOnly || isCheap)
                    (best, bestSlot) = (link, slot);
            }
        }

        if (best < 0)
            return false;
        links[best].Add(bestSlot);
        if (_slots[bestSlot] != Hole)
            surplus[_slots[bestSlot]]--;
        return true;
    }
}
