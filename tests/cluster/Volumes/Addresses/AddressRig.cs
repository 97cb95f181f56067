using Uss.Coordination;
using Uss.Coordination.Simulated;
using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Volumes.Addresses.Tests;

/// <summary>Nodes that serve service addresses for each other.</summary>
internal sealed class AddressRig : IDisposable
{
    public const long Second = 1_000_000_000;

    private readonly CoordinationState _state = new();
    private readonly List<Node> _nodes = [];

    public AddressRig(ulong seed, int nodes)
    {
        World = new SimulatedWorld(seed);
        for (var node = 0; node < nodes; node++)
        {
            _nodes.Add(new Node());
            Start(node);
        }
    }

    public SimulatedWorld World { get; }

    /// <summary>Says of each address which nodes serve it, as "10.0.0.1: 0".</summary>
    public string Served => string.Join(
        ", ", _nodes.SelectMany((node, index) => node.Served.Select(ip => $"{ip}: {index}")).Order(StringComparer.Ordinal));

    /// <summary>What nodes could not do.</summary>
    public List<Fault> Failures { get; } = [];

    public static string IpOf(int node) => $"10.0.0.{node}";

    /// <summary>Nodes whose machines refuse every address.</summary>
    public HashSet<int> Refusing { get; } = [];

    public void Start(int index)
    {
        var node = _nodes[index];
        node.Reactor = World.CreateReactor($"node{index}", $"host{index}-{node.Starts++}");
        node.Served.Clear();
        node.IsUp = true;
        var store = new SimulatedCoordinationStore(_state, node.Faults);
        node.Addresses = World.Run(node.Reactor, async () =>
        {
            var addresses = new ServiceAddresses(node.Reactor, store, $"node{index}", new Host(this, index));
            var own = new ServiceAddress { Ip = IpOf(index), Port = 2049, Home = $"node{index}" };
            Assert.That(await addresses.StartAsync([own]), Is.Null);
            return addresses;
        });
    }

    public void Kill(int index)
    {
        World.Crash(_nodes[index].Reactor!);
        _nodes[index].IsUp = false;
        _nodes[index].Served.Clear();
    }

    public void Stop(int index)
    {
        World.Run(_nodes[index].Reactor!, () => _nodes[index].Addresses!.StopAsync());
        Kill(index);
    }

    /// <summary>A node cannot reach the coordination store, or can again.</summary>
    public void CutOff(int index, bool isCutOff) => _nodes[index].Faults.IsMute = isCutOff;

    public void Put(ServiceAddress address) => Commit(new Change(address.Key, CoordinationJson.Write(address, VolumesJson.Default.ServiceAddress)));

    public void Remove(string ip) => Commit(new Change(ServiceAddressKeys.Addresses + ip, null));

    public void Expect(string served, long withinNs)
    {
        Assert.That(World.RunUntil(() => Served == served, withinNs), $"{Served} in place of {served}");
        World.RunFor(10 * Second);
        Assert.That(Served, Is.EqualTo(served), "it stays");
    }

    public void Dispose() => World.Dispose();

    private void Commit(Change change)
    {
        var reactor = World.CreateReactor("administrator");
        var store = new SimulatedCoordinationStore(_state, new SimulatedCoordinationFaults());
        World.Run(reactor, () => store.CommitAsync([], [change]));
    }

    private sealed class Node
    {
        public SimulatedReactor? Reactor { get; set; }

        public ServiceAddresses? Addresses { get; set; }

        public SimulatedCoordinationFaults Faults { get; } = new() { MaximumDelayNs = 5_000_000 };

        public HashSet<string> Served { get; } = [];

        public bool IsUp { get; set; }

        public int Starts { get; set; }
    }

    private sealed class Host(AddressRig rig, int index) : IAddressHost
    {
        public ValueTask<Fault?> TakeAsync(ServiceAddress address)
        {
            if (rig.Refusing.Contains(index))
                return new ValueTask<Fault?>(new Fault("refused", "no"));
            Assert.That(rig._nodes[index].Served.Add(address.Ip), "served twice");
            return new ValueTask<Fault?>((Fault?)null);
        }

        public void Keep(ServiceAddress address) => Assert.That(rig._nodes[index].Served, Has.Member(address.Ip));

        public ValueTask LeaveAsync(ServiceAddress address)
        {
            Assert.That(rig._nodes[index].Served.Remove(address.Ip), "left and not served");
            return ValueTask.CompletedTask;
        }

        public NodeReach ReachOf(string node) => rig._nodes[node[^1] - '0'].IsUp ? NodeReach.Up : NodeReach.Down;

        public void Tell(ServiceAddress address, AddressEvent what, Fault? fault)
        {
            if (fault is not null)
                rig.Failures.Add(fault);
        }
    }
}
