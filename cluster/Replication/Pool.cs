using Uss.Placement;
using Uss.Store;

namespace Uss.Replication;

/// <summary>A pool as it runs: its record, its placement map and its placement groups.</summary>
public sealed class Pool
{
    private readonly PlacementGroup[] _groups;
    private readonly GroupRoute[] _routes;
    private readonly GroupContext _context;

    /// <summary>Creates the pool with groups that have not started.</summary>
    public Pool(PoolRecord record, PlacementMap map, GroupContext context)
    {
        Record = record;
        Map = map;
        _context = context;
        _groups =
        [
            .. Enumerable.Range(0, record.Groups).Select(index =>
                new PlacementGroup(new PlacementGroupId(record.Id, index), record.Groups, context, record.MinCopies)),
        ];
        _routes = [.. _groups.Select(group => new GroupRoute(group, context))];
    }

    /// <summary>Its record.</summary>
    public PoolRecord Record { get; private set; }

    /// <summary>Its placement map.</summary>
    public PlacementMap Map { get; set; }

    /// <summary>Its placement groups, by index.</summary>
    public IReadOnlyList<PlacementGroup> Groups => _groups;

    /// <summary>The time for what arrives now; see <see cref="GroupContext.ArrivalNs"/>.</summary>
    public long ArrivalNs => _context.ArrivalNs;

    /// <summary>The way to the placement group of an object.</summary>
    public GroupRoute RouteOf(ObjectId id) => _routes[IndexOf(id)];

    /// <summary>The placement group of an object, as far as this node is its primary.</summary>
    public PlacementGroup GroupOf(ObjectId id) => _groups[IndexOf(id)];

    /// <summary>Takes over what of a newer record can change: the numbers of copies.</summary>
    public void Change(PoolRecord newer)
    {
        if ((newer.Copies, newer.MinimumCopies) == (Record.Copies, Record.MinimumCopies))
            return;
        Record = Record with { Copies = newer.Copies, MinimumCopies = newer.MinimumCopies };
        foreach (var group in Groups)
            group.SetMinimumCopies(Record.MinCopies);
    }

    private int IndexOf(ObjectId id) => PlacementHash.GroupOf(SpaceId.FamilyOf(id.Space), id.Index, _groups.Length);
}
