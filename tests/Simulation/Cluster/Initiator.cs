using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Simulation.Blocks;

namespace Uss.Simulation.Cluster;

/// <summary>
/// A machine outside the cluster that sends requests through one front-end or another. It waits for an answer only so long;
/// what it gave up on must not be done later.
/// </summary>
internal sealed class Initiator : IBlockTarget
{
    // No initiator tries another path sooner: longer than a front-end's operation may take effect.
    private const long ShortestPatienceNs = 4_000_000_000;

    private readonly SimulatedWorld _world;
    private readonly IReadOnlyList<ClusterNode> _nodes;
    private readonly string _volume;
    private readonly SeededRandom _random;
    private ClusterNode _path;

    public Initiator(SimulatedWorld world, string name, IReadOnlyList<ClusterNode> nodes, string volume, SeededRandom random)
    {
        _world = world;
        _nodes = nodes;
        _volume = volume;
        _random = random;
        _path = Choose();
        Reactor = world.CreateReactor(name);
    }

    public SimulatedReactor Reactor { get; }

    /// <summary>Requests that it gave up on.</summary>
    public long GivenUp { get; private set; }

    /// <inheritdoc/>
    public async ValueTask<BlockOutcome> ExecuteAsync(BlockRequest request, Memory<byte> data)
    {
        if (_random.Next(16) == 0)
            _path = Choose();
        if (_path.Node is not { } node || !_path.IsUp)
        {
            await Reactor.DelayAsync(1_000_000);
            _path = Choose();
            return BlockOutcome.Refused;
        }

        var attempt = new Attempt(Reactor, request.Length);
        var target = new VolumeTarget(() => node.Volumes.Find(_volume), _random);
        _world.Start(_path.Reactor, () => attempt.RunAsync(target, request));
        var timer = Reactor.Schedule(
            ShortestPatienceNs + _random.Next(ShortestPatienceNs), static state => ((Attempt)state!).GiveUp(), attempt);
        var outcome = await attempt.Outcome;
        timer.Cancel();
        if (outcome is { } answer)
        {
            attempt.Data.CopyTo(data);
            if (answer == BlockOutcome.Failed)
                _path = Choose();
            return answer;
        }

        GivenUp++;
        _path = Choose();
        return BlockOutcome.Failed;
    }

    private ClusterNode Choose() => _nodes[_random.Next(_nodes.Count)];

    private sealed class Attempt(SimulatedReactor home, int length)
    {
        private readonly TaskCompletionSource<BlockOutcome?> _done = new();

        public Memory<byte> Data { get; } = new byte[length];

        public Task<BlockOutcome?> Outcome => _done.Task;

        public void GiveUp() => _done.TrySetResult(null);

        // On the front-end; the answer goes home.
        public async ValueTask<bool> RunAsync(VolumeTarget target, BlockRequest request)
        {
            var outcome = await target.ExecuteAsync(request, Data);
            home.Post(_ => _done.TrySetResult(outcome), null);
            return true;
        }
    }
}
