using Uss.Placement;
using Uss.Store;

namespace Uss.Replication;

/// <summary>A pool as it runs: its record, its placement map and its placement groups.</summary>
/// <remarks>
/// When its groups are split, the number of groups grows at once, and each group by itself: a group that is not there yet leaves its
/// objects with the one that it will come of. A node hears of all that by several watches, in any order: from each of them it takes
/// what it says about the others.
/// </remarks>
public sealed class Pool
{
    private readonly GroupContext _context;

    private PlacementGroup[]? _all;

    // By index; null for one that does not exist yet.
    private PlacementGroup?[] _groups;

    // By index: the group that has its objects now, and the way there.
    private PlacementGroup[] _serving;
    private GroupRoute[] _routes;

    /// <summary>Creates the pool with groups that have not started.</summary>
    public Pool(PoolRecord record, PlacementMap map, GroupContext context)
    {
        Record = record;
        Map = map;
        _context = context;
        _serving =
        [
            .. Enumerable.Range(0, record.FirstGroups).Select(index =>
                new PlacementGroup(new PlacementGroupId(record.Id, index), record.FirstGroups, context, record.MinCopies)),
        ];
        _groups = [.. _serving];
        _routes = [.. _serving.Select(group => new GroupRoute(group, context, this))];
        Extend(record.Groups);
    }

    /// <summary>Its record.</summary>
    public PoolRecord Record { get; private set; }

    /// <summary>Its placement map. It may be older or newer than the record.</summary>
    public PlacementMap Map { get; set; }

    /// <summary>The placement groups that there are, in the order of their numbers: a list that does not change.</summary>
    public IReadOnlyList<PlacementGroup> Groups => _all ??= [.. _groups.OfType<PlacementGroup>()];

    /// <summary>The group of a number; null when there is none yet.</summary>
    public PlacementGroup? Find(int index) => index >= 0 && index < _groups.Length ? _groups[index] : null;

    /// <summary>True while some group has to be split.</summary>
    public bool IsSplitting =>
        Record.Groups > Record.FirstGroups && (Groups.Count < Record.Groups || Groups.Any(group => group.Groups < Record.Groups));

    /// <summary>True when every group is there and is one of as many as there are: so all can be split in two.</summary>
    public bool CanSplit =>
        Groups.Count == Record.Groups && Groups.All(group => group.Record is not null && group.Groups == Record.Groups);

    /// <summary>The time for what arrives now; see <see cref="GroupContext.ArrivalNs"/>.</summary>
    public long ArrivalNs => _context.ArrivalNs;

    /// <summary>The way to the placement group of an object.</summary>
    public GroupRoute RouteOf(ObjectId id) => _routes[IndexOf(id)];

    /// <summary>The placement group of an object, as far as this node is its primary.</summary>
    public PlacementGroup GroupOf(ObjectId id) => _serving[IndexOf(id)];

    /// <summary>Takes over what of a newer record can change: the numbers of copies.</summary>
    public void Change(PoolRecord newer)
    {
        if ((newer.Copies, newer.MinimumCopies) == (Record.Copies, Record.MinimumCopies))
            return;
        Record = Record with { Copies = newer.Copies, MinimumCopies = newer.MinimumCopies };
        foreach (var group in Groups)
            group.SetMinimumCopies(Record.MinCopies);
    }

    /// <summary>The disks that the map wants for a group.</summary>
    public IReadOnlyList<Guid> RowOf(int index) => Map.Rows[index % Map.Groups];

    /// <summary>The pool has more groups than this node knew. False when it has not, or cannot have so many.</summary>
    public bool Grow(int groups)
    {
        if (!Record.CanGrowTo(groups))
            return false;
        Record = Record with { Groups = groups, InitialGroups = Record.FirstGroups };
        Extend(groups);
        return true;
    }

    /// <summary>
    /// Takes in a group's record, and what it tells of others: where it comes of a split, the groups that had its objects before
    /// have no say any more over them.
    /// </summary>
    /// <returns>The group when it is new here; null when it was known, or the record makes no sense.</returns>
    public PlacementGroup? Hear(int index, GroupRecord record)
    {
        Grow(record.Groups);
        if (record.Groups > Record.Groups)
            return null;
        if (Find(index) is { } known)
        {
            known.Observe(record);
            return null;
        }

        if (index >= record.Groups || Record.Groups % record.Groups != 0)
            return null;
        var elder = _serving[index];
        var group = new PlacementGroup(new PlacementGroupId(Record.Id, index), record.Groups, _context, Record.MinCopies);
        if (_context.IsAlone)
            group.BeginWith(record);
        else
            group.Observe(record);
        group.TakeLostFrom(elder);
        Add(group);
        foreach (var (id, leastGroups) in PlacementGroupId.EldersOf(group.Id, record.Groups))
            Find(id.Index)?.NarrowTo(leastGroups);
        return group;
    }

    private int IndexOf(ObjectId id) => SpaceId.GroupOf(id, _serving.Length);

    private void Extend(int groups)
    {
        var before = _serving.Length;
        if (groups == before)
            return;
        Array.Resize(ref _groups, groups);
        Array.Resize(ref _serving, groups);
        Array.Resize(ref _routes, groups);
        for (var index = before; index < groups; index++)
            (_serving[index], _routes[index]) = (_serving[index % before], _routes[index % before]);
    }

    // It has the objects of all groups that may come of it and are not there yet.
    private void Add(PlacementGroup group)
    {
        var first = group.Id.Index;
        _groups[first] = group;
        _all = null;
        var route = new GroupRoute(group, _context, this);
        for (var index = first; index < _serving.Length; index += group.Groups)
        {
            if (_serving[index].Id.Index < first)
                (_serving[index], _routes[index]) = (group, route);
        }
    }
}
