using Uss.Runtime;
using Uss.Simulation.Blocks;

namespace Uss.Simulation.Cluster;

public sealed partial class ClusterScenario
{
    /// <summary>A volume with initiators, and what they saw.</summary>
    private sealed class ClusterVolume
    {
        private readonly ClusterScenario _scenario;
        private readonly SeededRandom _random;
        private readonly BlockWorkload _workload;
        private readonly List<(BlockClient Client, Initiator Initiator)> _seats = [];
        private int _running;

        public ClusterVolume(ClusterScenario scenario, string name, int copies, ulong space)
        {
            _scenario = scenario;
            Name = name;
            Copies = copies;
            Space = space;
            _random = scenario.World.Stream("workload " + name);
            _workload = new BlockWorkload(_random, History);
        }

        public string Name { get; }

        public int Copies { get; }

        public ulong Space { get; }

        public BlockHistory History { get; } = new(Blocks);

        /// <summary>True when every initiator has no more to do.</summary>
        public bool IsDone => _running == 0;

        /// <summary>Requests that their initiators gave up on.</summary>
        public long GivenUp => _seats.Sum(seat => seat.Initiator.GivenUp);

        /// <summary>Adds an initiator, which begins.</summary>
        public void AddInitiator()
        {
            var number = _seats.Count;
            var initiator = new Initiator(_scenario.World, $"{Name}{number}", _scenario._nodes, Name, _random);
            var client = new BlockClient(number, _workload, History, _random) { KeepsFailedOpen = _scenario._hasDiskErrors };
            _seats.Add((client, initiator));
            _running++;
            _scenario.World.Start(initiator.Reactor, () => RunAsync(client, initiator));
        }

        /// <summary>Nothing of what failed so far can be done any more.</summary>
        public void SettleFailed(long now)
        {
            foreach (var (client, _) in _seats)
                client.SettleFailed(now);
        }

        /// <summary>Reads through one front-end everything that the initiators may have touched.</summary>
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

        private async ValueTask<bool> RunAsync(BlockClient client, Initiator initiator)
        {
            while (_scenario.TakeTurn())
            {
                await Reactor.Current.DelayAsync(_scenario.PauseNs(_random));
                await client.SendAsync(initiator, _workload.Next());
            }

            _running--;
            return true;
        }
    }
}
