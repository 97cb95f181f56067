namespace Uss.Simulation.Linearizability;

/// <summary>
/// As <see cref="LinearizabilityChecker"/> for any sequential model: whether the operations of concurrent clients can be put into one order
/// that respects real time and in which each ends as the model says.
/// </summary>
/// <typeparam name="TOperation">Operations.</typeparam>
/// <typeparam name="TState">States.</typeparam>
public sealed class HistoryChecker<TOperation, TState>
    where TOperation : class, IModelOperation<TState>
    where TState : IModelState
{
    // A history that takes more is too concurrent to be decided; scenarios are made so that none is.
    private const int MostStates = 4_000_000;

    private readonly HashSet<(ulong Done, ulong State)> _visited = [];
    private readonly List<(Node Call, TState State, bool IsSkip)> _stack = [];

    /// <summary>Checks a history in any order; null when there is such an order, otherwise the operation that fits none.</summary>
    public TOperation? FindViolation(IReadOnlyList<TOperation> history, TState state)
    {
        _visited.Clear();
        _stack.Clear();
        var head = Link(history, out var required);
        var done = 0UL;
        TOperation? blocker = null;
        var deepest = -1;
        var node = head.Next;
        while (required > 0)
        {
            if (_visited.Count > MostStates)
                throw new SimulationException($"a history of {history.Count} operations is too concurrent to be checked");
            var operation = node!.Operation!;
            var isSkip = node.IsReturn && operation.IsOptional;
            var next = state;
            if ((isSkip || (!node.IsReturn && operation.TryStep(state, out next))) && _visited.Add((done ^ node.Key, next.Fold())))
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

            if (!node.IsReturn)
            {
                node = node.Next;
                continue;
            }

            // This one has ended, so it must come before all that follow; it cannot. Take the last choice back.
            if (_stack.Count > deepest)
                (deepest, blocker) = (_stack.Count, operation);
            node = Retreat(ref state, ref done, ref required);
            if (node is null)
                return blocker;
        }

        return null;
    }

    private Node? Retreat(ref TState state, ref ulong done, ref int required)
    {
        while (_stack.Count > 0)
        {
            (var last, state, var wasSkip) = _stack[^1];
            _stack.RemoveAt(_stack.Count - 1);
            done ^= last.Key;
            required += last.Operation!.IsOptional ? 0 : 1;
            last.Unlift();
            if (!wasSkip)
                return last.Next;
        }

        return null;
    }

    private static Node Link(IReadOnlyList<TOperation> history, out int required)
    {
        required = 0;
        var nodes = new List<Node>(history.Count * 2);
        for (var i = 0; i < history.Count; i++)
        {
            var operation = history[i];
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
        var head = new Node(null, isReturn: false, 0);
        var last = head;
        foreach (var node in nodes)
        {
            last.Next = node;
            node.Previous = last;
            last = node;
        }

        return head;
    }

    private static ulong KeyOf(int index)
    {
        var z = ((ulong)index + 1) * 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    private sealed class Node(TOperation? operation, bool isReturn, ulong key)
    {
        public TOperation? Operation { get; } = operation;

        public bool IsReturn { get; } = isReturn;

        public ulong Key { get; } = key;

        public long Time => IsReturn ? Operation!.End : Operation!.Start;

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
