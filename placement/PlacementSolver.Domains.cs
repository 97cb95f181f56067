namespace Uss.Placement;

public sealed partial class PlacementSolver
{
    /// <summary>The failure domains in the order of what they lack; entries that went stale are skipped when met.</summary>
    private sealed class DomainQueue
    {
        private readonly PlacementSolver _solver;
        private readonly PriorityQueue<(int Domain, int Lack), (int NegatedLack, ulong Tie)> _queue = new();
        private readonly List<(int Domain, int Lack)> _passed = [];
        private readonly int[] _lack;

        public DomainQueue(PlacementSolver solver)
        {
            _solver = solver;
            _lack = new int[solver._disksOfDomain.Length];
            for (var domain = 0; domain < _lack.Length; domain++)
                Enqueue(domain);
        }

        /// <summary>Re-enters a domain after one of its disks got or lost a replica.</summary>
        public void Update(int domain) => Enqueue(domain);

        /// <summary>The disk that lacks most in the neediest domain that the row has no copy in; null when none is left.</summary>
        public int? Take(int[] row)
        {
            int? found = null;
            _passed.Clear();
            while (found is null && _queue.TryDequeue(out var entry, out _))
            {
                if (entry.Lack != _lack[entry.Domain])
                    continue;
                _passed.Add(entry);
                if (!_solver.HoldsDomain(row, entry.Domain, Hole))
                    found = NeediestDisk(entry.Domain);
            }

            foreach (var entry in _passed)
                _queue.Enqueue(entry, Priority(entry));
            return found;
        }

        // The tie is broken by a hash that changes with every replica, so that groups pair many different disks.
        private static (int NegatedLack, ulong Tie) Priority((int Domain, int Lack) entry) =>
            (-entry.Lack, PlacementHash.Mix(((ulong)entry.Domain << 32) ^ (uint)entry.Lack));

        private void Enqueue(int domain)
        {
            var lack = 0;
            foreach (var disk in _solver._disksOfDomain[domain])
                lack += _solver.Lack(disk);
            _lack[domain] = lack;
            _queue.Enqueue((domain, lack), Priority((domain, lack)));
        }

        // Disks without a quota (weight 0) take nothing.
        private int? NeediestDisk(int domain)
        {
            int? best = null;
            foreach (var disk in _solver._disksOfDomain[domain])
            {
                if (_solver._quotas[disk] > 0 && (best is null || _solver.Lack(disk) > _solver.Lack(best.Value)))
                    best = disk;
            }

            return best;
        }
    }
}
