using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Simulation.Blocks;

namespace Uss.Simulation.Target;

/// <summary>The initiators.</summary>
public sealed partial class TargetScenario
{
    /// <summary>A machine with one initiator port and several processes that use its disk.</summary>
    private sealed class SimulatedInitiator
    {
        private const long LoginRetryNs = 50_000_000;

        private readonly TargetScenario _scenario;
        private readonly string _name;
        private readonly ulong _isid;
        private readonly BlockClient[] _clients;
        private SimulatedReactor _reactor;
        private InitiatorSession? _session;

        public SimulatedInitiator(TargetScenario scenario, int number, int clients)
        {
            _scenario = scenario;
            _name = $"initiator{number}";
            _isid = 0x400000000000UL + (ulong)number;
            _reactor = scenario.World.CreateReactor(_name);
            _clients = new BlockClient[clients];
            for (var i = 0; i < clients; i++)
                _clients[i] = new BlockClient((number * 100) + i, scenario._workload, scenario._history, scenario.Workload);
        }

        public SimulatedHost Host => _reactor.Host;

        public bool IsDone { get; private set; }

        public int RentedBuffers => _reactor.Buffers.RentedBuffers;

        public void Start() => _scenario.World.Start(
            _reactor,
            async () =>
            {
                while (!IsDone)
                    await RunSessionAsync(session => Task.WhenAll(_clients.Select(client => RunAsync(client, session))));
                return true;
            });

        /// <summary>Reads all that was touched, in a session without disturbance.</summary>
        public void ReadAll() => _scenario.World.Start(
            _reactor,
            async () =>
            {
                while (!IsDone)
                    await RunSessionAsync(session => ReadAllAsync(session).AsTask());
                return true;
            });

        public void Crash()
        {
            _scenario.World.Crash(_reactor);
            _reactor = _scenario.World.CreateReactor(_name);
            _session = null;
            if (!IsDone)
                Start();
        }

        public void ResetUnit()
        {
            if (_session is { IsOver: false } session)
                _reactor.Post(_ => _reactor.Spawn(session.ResetUnitAsync()), null);
        }

        private async ValueTask RunSessionAsync(Func<InitiatorSession, Task> work)
        {
            var portal = new Endpoint(_scenario._reactor.Host.Address, Port);
            var session = await InitiatorSession.LogInAsync(
                _reactor, portal, $"iqn.2026-11.local.test:{_name}", TargetName, _isid, _scenario.Workload);
            if (session is null)
            {
                await _reactor.DelayAsync(LoginRetryNs);
                return;
            }

            // The session before this one is replaced: nothing of it can happen any more.
            _session = session;
            _scenario.Reached("sessions");
            _scenario.World.Trace?.Invoke($"{_reactor.MonotonicNs} {_name} logged in");
            foreach (var client in _clients)
                client.GiveUp(_reactor.MonotonicNs);
            await work(session);
            await session.CloseAsync();
        }

        private async Task RunAsync(BlockClient client, InitiatorSession session)
        {
            await client.RunAsync(session, _scenario.TakeTurn);
            IsDone |= _scenario._requests >= _scenario.Ticks;
        }

        private async ValueTask ReadAllAsync(InitiatorSession session)
        {
            foreach (var request in _scenario._workload.ReadAll())
            {
                // The first commands of a session meet unit attentions.
                var outcome = BlockOutcome.Refused;
                while (outcome is BlockOutcome.Refused or BlockOutcome.Failed)
                    outcome = await _clients[0].SendAsync(session, request);
                if (outcome == BlockOutcome.Lost)
                    return;
            }

            IsDone = true;
        }
    }
}
