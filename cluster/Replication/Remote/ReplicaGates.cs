using Uss.Runtime;

namespace Uss.Replication;

/// <summary>
/// What this node's disks know of the primaries that change them. A member refuses a stamp that is older than the newest
/// it has seen, and lets a newer one begin only when nothing of an older one is under way: so a deposed primary changes
/// nothing any more once its successor has begun to compare.
/// </summary>
public sealed class ReplicaGates
{
    private readonly Dictionary<PlacementGroupId, Gate> _gates = [];

    /// <summary>The gate of a group.</summary>
    public Gate Of(PlacementGroupId group)
    {
        if (!_gates.TryGetValue(group, out var gate))
            _gates[group] = gate = new Gate();
        return gate;
    }

    /// <summary>The newest clean version that a primary has told; 0 when none has.</summary>
    public ulong CleanVersionOf(PlacementGroupId group) => _gates.TryGetValue(group, out var gate) ? gate.CleanVersion : 0;

    /// <summary>One group's gate.</summary>
    public sealed class Gate
    {
        private readonly ChangeSignal _idle = new();
        private readonly RecentOperations _operations = new();
        private int _older;

        // Another node became primary with this epoch: what an older one still did may be undone.
        private uint _doubtBefore;

        /// <summary>The newest epoch seen.</summary>
        public uint Epoch { get; private set; }

        /// <summary>Operations under way.</summary>
        public int Pending { get; private set; }

        /// <summary>The newest clean version seen.</summary>
        public ulong CleanVersion { get; private set; }

        /// <summary>True when the stamp is the newest and nothing older is under way.</summary>
        public bool IsCurrent(GroupStamp stamp) => stamp.Epoch == Epoch && _older == 0;

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
            if (!await AdvanceAsync(stamp.Epoch))
                return false;
            Begin(stamp);
            return true;
        }

        /// <summary>Completes when nothing older than the epoch is under way nor will be. False when a newer one has been seen.</summary>
        public async ValueTask<bool> AdvanceAsync(uint epoch)
        {
            if (epoch > Epoch)
            {
                _operations.Doubt(CleanVersion);
                _doubtBefore = epoch;
                Raise(epoch);
            }

            while (_older > 0 && epoch == Epoch)
                await _idle.WaitAsync();
            return epoch == Epoch;
        }

        /// <summary>This node itself is the primary from this epoch on: what its disks hold is what counts.</summary>
        public void BeginTerm(uint epoch)
        {
            if (epoch > Epoch)
                Raise(epoch);
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
            if (stamp.Operation != 0)
                _operations.Add(stamp.Operation, version, nowNs, isDoubtful: stamp.Epoch < _doubtBefore);
            else
                CopiedNs = nowNs;
        }

        /// <summary>The operation is done.</summary>
        /// <param name="epoch">The epoch under which it began.</param>
        public void Leave(uint epoch)
        {
            if (epoch == Epoch)
            {
                Pending--;
                return;
            }

            Invariant.Check(_older > 0);
            if (--_older == 0)
                _idle.Raise();
        }

        private void Raise(uint epoch)
        {
            Epoch = epoch;
            _older += Pending;
            Pending = 0;
        }

        private void Begin(GroupStamp stamp)
        {
            Pending++;
            if (stamp.CleanVersion > CleanVersion)
                CleanVersion = stamp.CleanVersion;
        }
    }
}
