namespace Uss.Simulation.Linearizability;

/// <summary>
/// Decides whether the operations of concurrent clients on one block can be put into one order that respects real time
/// and in which every read sees the write before it (Herlihy and Wing 1990). Searches like Wing and Gong 1993 with the
/// memory of visited configurations of Lowe 2017: linear for histories without overlap, and quick while few overlap.
/// </summary>
public sealed class LinearizabilityChecker
{
    private readonly HashSet<(ulong Done, ulong State)> _visited = [];
    private readonly List<(Node Call, SectorStamps State, bool IsSkip)> _stack = [];

    /// <summary>
    /// Checks one block's history. Operations without an answer are optional writes; reads without one are left out.
    /// </summary>
    /// <param name="history">The operations, in any order.</param>
    /// <param name="initial">What the block held first.</param>
    /// <returns>Null when there is such an order; otherwise the operation that fits none.</returns>
    public BlockOperation? FindViolation(IReadOnlyList<BlockOperation> history, SectorStamps initial = default)
    {
        _visited.Clear();
        _stack.Clear();
        var head = Link(history, out var required);
        var state = initial;
        var done = 0UL;
        BlockOperation? blocker = null;
        var deepest = -1;
        var node = head.Next;

        // Optional operations that are left once all others found their place just did not happen.
        while (required > 0)
        {
            var operation = node!.Operation;
            var isSkip = node.IsReturn && operation.IsOptional;
            if (!node.IsReturn || isSkip)
            {
                var next = state;
                if ((isSkip || TryStep(operation, ref next)) && _visited.Add((done ^ node.Key, next.Fold())))
                {
                    var call = node.IsReturn ? node.Match : node;
                    _stack.Add((call, state, isSkip));
                    state = next;
                    done ^= call.Key;
                    required -= operation.IsOptional ? 0 : 1;
                    call.Lift();
                    node = head.Next;
                    continue;
                }

                if (!isSkip)
                {
                    node = node.Next;
                    continue;
                }
            }

            // This one has ended, so it must come before all that follow; it cannot. Take the last choice back.
            if (_stack.Count > deepest)
            {
                deepest = _stack.Count;
                blocker = operation;
            }

            node = Retreat(ref state, ref done, ref required);
            if (node is null)
                return blocker;
        }

        return null;
    }

    private static bool TryStep(BlockOperation operation, ref SectorStamps state)
    {
        var isEqual = operation.Condition == BlockCondition.None || state.Equals(operation.Expected, operation.ReadMask);
        if (isEqual == (operation.Condition == BlockCondition.Different))
            return false;
        state.Set(operation.Written, operation.WriteMask);
        return true;
    }

    /// <summary>Takes choices back until there is one with an alternative; null when there is none.</summary>
    private Node? Retreat(ref SectorStamps state, ref ulong done, ref int required)
    {
        while (_stack.Count > 0)
        {
            (var last, state, var wasSkip) = _stack[^1];
            _stack.RemoveAt(_stack.Count - 1);
            done ^= last.Key;
            required += last.Operation.IsOptional ? 0 : 1;
            last.Unlift();
            if (!wasSkip)
                return last.Next;
        }

        return null;
    }

    /// <summary>Calls and returns in order of time; a return comes before a call of the same instant only if it is earlier.</summary>
    private static Node Link(IReadOnlyList<BlockOperation> history, out int required)
    {
        required = 0;
        var nodes = new List<Node>(history.Count * 2);
        for (var i = 0; i < history.Count; i++)
        {
            var operation = history[i];
            if (operation.End == BlockOperation.Never && operation.WriteMask == 0)
                continue;
            var key = KeyOf(i);
            var call = new Node(operation, isReturn: false, key);
            var end = new Node(operation, isReturn: true, key) { Match = call };
            call.Match = end;
            nodes.Add(call);
            nodes.Add(end);
            required += operation.IsOptional ? 0 : 1;
        }

        // Calls come first at equal times: what touches may overlap.
        nodes.Sort(static (a, b) => a.Time != b.Time ? a.Time.CompareTo(b.Time) : a.IsReturn.CompareTo(b.IsReturn));
        var head = new Node(new BlockOperation { Start = 0 }, isReturn: false, 0);
        var last = head;
        foreach (var node in nodes)
        {
            last.Next = node;
            node.Previous = last;
            last = node;
        }

        return head;
    }

    /// <summary>A random-looking number for each operation; a set of operations is the exclusive or of its members' numbers.</summary>
    private static ulong KeyOf(int index)
    {
        var z = ((ulong)index + 1) * 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    private sealed class Node(BlockOperation operation, bool isReturn, ulong key)
    {
        public BlockOperation Operation { get; } = operation;

        public bool IsReturn { get; } = isReturn;

        public ulong Key { get; } = key;

        public long Time => IsReturn ? Operation.End : Operation.Start;

        public Node Match { get; set; } = null!;

        public Node? Next { get; set; }

        public Node Previous { get; set; } = null!;

        /// <summary>Takes the call and its return out of the list.</summary>
        public void Lift()
        {
            Unlink();
            Match.Unlink();
        }

        /// <summary>Puts them back; in the reverse order of lifting.</summary>
        public void Unlift()
        {
            Match.Relink();
            Relink();
        }

        private void Unlink()
        {
            Previous.Next = Next;
            if (Next is not null)
                Next.Previous = Previous;
        }

        private void Relink()
        {
            Previous.Next = this;
            if (Next is not null)
                Next.Previous = this;
        }
    }
}
