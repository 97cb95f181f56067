using Uss.Runtime;
using Uss.Simulation.Blocks;

namespace Uss.Simulation.Cluster;

public sealed partial class ClusterScenario
{
    /// <summary>A volume with clients on several front-ends, and what they saw.</summary>
    private sealed class ClusterVolume
    {
        private readonly ClusterScenario _scenario;
        private readonly SeededRandom _random;
        private readonly BlockWorkload _workload;
        private readonly List<Seat> _seats = [];

        public ClusterVolume(ClusterScenario scenario, string name)
        {
            _scenario = scenario;
            Name = name;
            _random = scenario.World.Stream("workload " + name);
            _workload = new BlockWorkload(_random, History);
        }

        public string Name { get; }

        public BlockHistory History { get; } = new(Blocks);

        /// <summary>True when every client whose front-end is up has no more to do.</summary>
        public bool IsDone => _seats.TrueForAll(seat => !seat.IsRunning);

        public void AddClient(ClusterNode node) => _seats.Add(new Seat(
            node,
            new BlockClient(_seats.Count, _workload, History, _random) { KeepsFailedOpen = true },
            new VolumeTarget(() => node.Node?.Volumes.Find(Name), _random)));

        /// <summary>A front-end serves: its clients begin.</summary>
        public void OnStarted(ClusterNode node)
        {
            foreach (var seat in _seats.Where(seat => seat.Node == node && !seat.IsRunning))
            {
                seat.IsRunning = true;
                _scenario.World.Start(node.Reactor, () => RunAsync(seat));
            }
        }

        /// <summary>A front-end died: what its clients had under way may still be done by others, or not.</summary>
        public void OnCrash(ClusterNode node)
        {
            foreach (var seat in _seats.Where(seat => seat.Node == node))
            {
                seat.IsRunning = false;
                seat.Client.Abandon();
            }
        }

        /// <summary>Nothing of what failed so far can be done any more.</summary>
        public void SettleFailed(long now)
        {
            foreach (var seat in _seats)
                seat.Client.SettleFailed(now);
        }

        /// <summary>Reads through one front-end everything that the clients may have touched.</summary>
        public async ValueTask ReadAllAsync(ClusterNode node)
        {
            var reader = new BlockClient(_seats.Count, _workload, History, _scenario.World.Stream("last reads"));
            var target = new VolumeTarget(() => node.Node?.Volumes.Find(Name), _random);
            foreach (var request in _workload.ReadAll())
            {
                var outcome = await reader.SendAsync(target, request);
                Require(outcome == BlockOutcome.Done, $"a healed volume can be read, but {request} of {Name} came to {outcome}");
            }
        }

        private async ValueTask<bool> RunAsync(Seat seat)
        {
            await seat.Client.RunAsync(seat.Target, _scenario.TakeTurn);
            seat.IsRunning = false;
            return true;
        }

        private sealed class Seat(ClusterNode node, BlockClient client, VolumeTarget target)
        {
            public ClusterNode Node { get; } = node;

            public BlockClient Client { get; } = client;

            public VolumeTarget Target { get; } = target;

            public bool IsRunning { get; set; }
        }
    }
}
