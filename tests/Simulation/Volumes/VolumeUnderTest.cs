using Uss.Runtime;
using Uss.Simulation.Blocks;

namespace Uss.Simulation.Volumes;

public sealed partial class VolumeScenario
{
    /// <summary>A volume with its clients and what they saw.</summary>
    private sealed class VolumeUnderTest
    {
        private readonly VolumeScenario _scenario;
        private readonly List<BlockClient> _clients = [];
        private readonly BlockWorkload _workload;
        private readonly VolumeTarget _target;
        private int _running;

        public VolumeUnderTest(VolumeScenario scenario, string name, int copies, int clients)
        {
            _scenario = scenario;
            Name = name;
            Copies = copies;
            var random = scenario.World.Stream("workload " + name);
            _workload = new BlockWorkload(random, History);
            _target = new VolumeTarget(() => scenario._node.Volumes.Find(name), random);
            for (var i = 0; i < clients; i++)
                _clients.Add(new BlockClient(i, _workload, History, random) { KeepsFailedOpen = true });
        }

        public string Name { get; }

        public int Copies { get; }

        public BlockHistory History { get; } = new(Blocks);

        public bool IsDone => _running == 0;

        public void Start()
        {
            _running = _clients.Count;
            foreach (var client in _clients)
            {
                _scenario.World.Start(
                    _scenario._reactor,
                    async () =>
                    {
                        await client.RunAsync(_target, _scenario.TakeTurn);
                        _running--;
                        return true;
                    });
            }
        }

        /// <summary>The process died: what it had under way will not be done any more once it runs again.</summary>
        public void OnCrash(long now)
        {
            _running = 0;
            foreach (var client in _clients)
                client.GiveUp(now);
        }

        /// <summary>Every disk was opened anew, so that no failed request can show up later.</summary>
        public void SettleFailed(long now)
        {
            foreach (var client in _clients)
                client.SettleFailed(now);
        }

        /// <summary>Reads everything that the clients may have touched.</summary>
        public async ValueTask ReadAllAsync()
        {
            var reader = new BlockClient(_clients.Count, _workload, History, _scenario.World.Stream("last reads"));
            foreach (var request in _workload.ReadAll())
            {
                var outcome = await reader.SendAsync(_target, request);
                Require(outcome == BlockOutcome.Done, $"a healed volume can be read, but {request} of {Name} came to {outcome}");
            }
        }
    }
}
