using Uss.Runtime;

namespace Uss.Replication;

/// <summary>
/// What this node's disks know of the primaries that change them. A member refuses a stamp that is older than the newest
/// it has seen, and lets a newer one begin only when nothing of an older one is under way: so a deposed primary changes
/// nothing any more once its successor has begun to compare.
/// </summary>
/// <remarks>
/// A group that comes of a split follows the one that was split as a new epoch follows an older one: its first stamp shuts out
/// those of the groups that had its objects before, from the time in which they had them.
/// </remarks>
public sealed class ReplicaGates
{
    private readonly Dictionary<PlacementGroupId, Gate> _gates = [];

    /// <summary>The gate of a group.</summary>
    public Gate Of(PlacementGroupId group)
    {
        if (!_gates.TryGetValue(group, out var gate))
            _gates[group] = gate = new Gate(this, group);
        return gate;
    }

    /// <summary>The newest clean version that a primary has told; 0 when none has.</summary>
    public ulong CleanVersionOf(PlacementGroupId group) => _gates.TryGetValue(group, out var gate) ? gate.CleanVersion : 0;

    /// <summary>
    /// What the groups that a group comes of tell of an operation that is tried again at it: nothing, or that it may have taken
    /// effect there.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="groups">The number of groups that it is one of.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="arrivedNs">When it arrived.</param>
    public bool IsKnownToElders(PlacementGroupId group, int groups, ulong operation, long arrivedNs)
    {
        foreach (var (elder, _) in PlacementGroupId.EldersOf(group, groups))
        {
            if (_gates.TryGetValue(elder, out var gate)
                && (arrivedNs <= gate.CopiedNs || gate.Find(operation) != OperationOutcome.NotSeen))
                return true;
        }

        return false;
    }

    // Those of which something is under way are waited for; null where there is none.
    private List<Gate>? ShutElders(PlacementGroupId group, int groups)
    {
        List<Gate>? busy = null;
        foreach (var (elder, leastGroups) in PlacementGroupId.EldersOf(group, groups))
        {
            var gate = Of(elder);
            if (gate.Shut(leastGroups))
                (busy ??= []).Add(gate);
        }

        return busy;
    }

    /// <summary>One group's gate.</summary>
    public sealed class Gate(ReplicaGates gates, PlacementGroupId group)
    {
        private readonly ChangeSignal _idle = new();
        private readonly RecentOperations _operations = new();
        private int _older;

        // The number of groups that the group is one of, by the newest epoch; and at least, since others are known to come of it.
        private int _groups;
        private int _leastGroups;

        // Groups that this one comes of, of which something may still be under way.
        private List<Gate>? _elders;

        // Another node became primary with this epoch: what an older one still did may be undone.
        private uint _doubtBefore;

        /// <summary>The newest epoch seen.</summary>
        public uint Epoch { get; private set; }

        /// <summary>Operations under way.</summary>
        public int Pending { get; private set; }

        /// <summary>The newest clean version seen.</summary>
        public ulong CleanVersion { get; private set; }

        /// <summary>True when the stamp is the newest and nothing older is under way.</summary>
        public bool IsCurrent(GroupStamp stamp) => IsNewest(stamp) && _older == 0 && _elders is null;

        private bool IsNewest(GroupStamp stamp) => stamp.Epoch == Epoch && stamp.Groups >= _leastGroups;

        /// <summary>True when an operation under the stamp may begin at once; then it has begun.</summary>
        public bool TryEnter(GroupStamp stamp)
        {
            if (!IsCurrent(stamp))
                return false;
            Begin(stamp);
            return true;
        }

        /// <summary>
        /// As <see cref="TryEnter"/>, and waits where the stamp is newer than what is under way. False when it is too old.
        /// </summary>
        public async ValueTask<bool> EnterAsync(GroupStamp stamp)
        {
            if (!await AdvanceAsync(stamp))
                return false;
            Begin(stamp);
            return true;
        }

        /// <summary>Completes when nothing older than the stamp is under way nor will be. False when a newer one has been seen.</summary>
        public async ValueTask<bool> AdvanceAsync(GroupStamp stamp)
        {
            if (stamp.Epoch > Epoch && stamp.Groups >= _leastGroups)
            {
                _operations.Doubt(CleanVersion);
                _doubtBefore = stamp.Epoch;
                Raise(stamp);
            }

            while (IsNewest(stamp) && FirstBusy() is { } busy)
                await busy._idle.WaitAsync();
            return IsNewest(stamp);
        }

        /// <summary>This node itself is the primary from this epoch on: what its disks hold is what counts.</summary>
        public void BeginTerm(GroupStamp stamp)
        {
            if (stamp.Epoch > Epoch)
                Raise(stamp);
        }

        /// <summary>What this node knows of an operation that is tried again.</summary>
        public OperationOutcome Find(ulong operation) => _operations.Find(operation);

        /// <summary>
        /// When something was copied here last. A copy does not say which operations it brings: of those that arrived
        /// before, this node does not know that they have not taken effect.
        /// </summary>
        public long CopiedNs { get; private set; } = long.MinValue;

        /// <summary>A change is durable here.</summary>
        public void Remember(GroupStamp stamp, ulong version, long nowNs)
        {
            if (stamp.Operation == GroupStamp.Untold)
                return;
            if (stamp.Operation != 0)
                _operations.Add(stamp.Operation, version, nowNs, isDoubtful: stamp.Epoch < _doubtBefore);
            else
                CopiedNs = nowNs;
        }

        /// <summary>The operation is done.</summary>
        /// <param name="stamp">The stamp under which it began.</param>
        public void Leave(GroupStamp stamp)
        {
            if (IsNewest(stamp))
            {
                Pending--;
                return;
            }

            Invariant.Check(_older > 0);
            if (--_older == 0)
                _idle.Raise();
        }

        /// <summary>
        /// Other groups are known to come of this one, which is one of so many since: stamps from before are refused from now on.
        /// True while something older is under way.
        /// </summary>
        internal bool Shut(int leastGroups)
        {
            _leastGroups = Math.Max(_leastGroups, leastGroups);
            if (_groups < _leastGroups)
            {
                _older += Pending;
                Pending = 0;
            }

            return _older > 0;
        }

        private void Raise(GroupStamp stamp)
        {
            Epoch = stamp.Epoch;
            _groups = stamp.Groups;
            _older += Pending;
            Pending = 0;
            _elders = gates.ShutElders(group, stamp.Groups);
        }

        private Gate? FirstBusy()
        {
            if (_older > 0)
                return this;
            while (_elders is { Count: > 0 } elders)
            {
                if (elders[^1]._older > 0)
                    return elders[^1];
                elders.RemoveAt(elders.Count - 1);
            }

            _elders = null;
            return null;
        }

        private void Begin(GroupStamp stamp)
        {
            Pending++;
            if (stamp.CleanVersion > CleanVersion)
                CleanVersion = stamp.CleanVersion;
        }
    }
}
