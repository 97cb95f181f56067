using Uss.Store;

namespace Uss.Replication;

// A group g of N becomes the groups g and g + N of 2 N. One commit makes both records; no data moves.
public sealed partial class PlacementGroup
{
    // While it is set no change begins.
    private bool _isPaused;

    // As many groups share the objects, as far as this node knows: more than the record says when a group that came of this one has
    // been heard of first.
    private int _ownGroups;

    /// <summary>The number of groups that it is one of, by the newest record.</summary>
    public int Groups { get; private set; }

    /// <summary>
    /// True for an object that is this group's own. Where nothing was split since the process began, every object that comes here is.
    /// </summary>
    private bool Owns(ObjectId id) =>
        _ownGroups == _firstGroups || SpaceId.GroupOf(id, _ownGroups) == Id.Index;

    /// <summary>Another group is known to have come of this one: the objects that it took are refused from now on.</summary>
    internal void NarrowTo(int groups) => _ownGroups = Math.Max(_ownGroups, groups);

    // A node that is alone has nobody who would ask again: what waited here while the group was split goes to the other half.
    private PlacementGroup? FindHeir(ObjectId id) =>
        _context.IsAlone && !Owns(id) && _context.FindGroup(id) is { } heir && heir != this ? heir : null;

    /// <summary>Begins with the record that its commit gave it, on a node that is alone: operations wait until it serves.</summary>
    internal void BeginWith(GroupRecord record) => Record = record;

    /// <summary>
    /// Takes over which of its blocks are lost from the group that it comes of: their older copies must not be read here either.
    /// </summary>
    internal void TakeLostFrom(PlacementGroup elder)
    {
        foreach (var ((id, block), version) in elder._lost ?? [])
        {
            if (SpaceId.GroupOf(id, Groups) == Id.Index)
                NoteLost(id, block, version);
        }
    }

    /// <summary>True when nothing keeps the group from being split now.</summary>
    public bool MaySplit => State == GroupState.Active && !_isReconfiguring && !_isPaused && !NeedsChange;

    /// <summary>
    /// Splits the group in two by one commit, while it serves: changes wait for that long, and with them who reads what they change.
    /// A disk that catches up begins again afterwards, for each half.
    /// </summary>
    /// <returns>The other half with its record; null when nothing was split, or when somebody else has gone on meanwhile.</returns>
    public async ValueTask<(PlacementGroupId Id, GroupRecord Record)?> SplitAsync()
    {
        if (!MaySplit)
            return null;
        var term = _term;
        DropJoiner();
        _isPaused = true;

        // Changes whose member failed come to their end by a change of the record, which is not held up.
        await _tracker.DrainAsync();
        var half = Id with { Index = Id.Index + Groups };
        var isFree = _term == term && _isPaused && State == GroupState.Active && !_isReconfiguring && !NeedsChange;
        var record = isFree ? await CommitSplitAsync(half) : null;
        Resume();
        return record is null ? null : (half, record);
    }

    // Every acknowledged change is on all members, and so are the clean versions right for both halves: versions go on, and the
    // epoch of both is a new one. Proposed under a number of its own, since this process takes its own records for known.
    private async ValueTask<GroupRecord?> CommitSplitAsync(PlacementGroupId id)
    {
        _isReconfiguring = true;
        var members = _members.ToList();
        var proposal = Propose(DisksOf(members), _tracker.CleanVersion, []) with { Groups = 2 * Groups };
        GroupRecord? other = proposal with { Proposer = _context.Reactor.NewNumber() };
        if (!await CommitAsync(proposal, (id, other)))
        {
            other = null;
            if (_context.IsAlone)
                ChangeState(GroupState.Unavailable);
            else
                StepDown();
        }
        else if (Record?.Epoch < proposal.Epoch)
        {
            // What looks at the group's objects one by one has to look again at which they are.
            _term++;
            Adopt(proposal, members);
        }

        _isReconfiguring = false;
        Signal();
        if (State == GroupState.Active)
            Reconfigure();
        return other;
    }

    private void Resume()
    {
        if (!_isPaused)
            return;
        _isPaused = false;
        Signal();
    }
}
