using Uss.Coordination.Simulated;
using Uss.Replication;
using Uss.Replication.Tests.Support;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Store;

namespace Uss.Volumes.Tests;

/// <summary>Several nodes with in-memory disks in one simulated world.</summary>
public sealed class TopologyFixture : IDisposable
{
    private const int Port = 7400;
    private const int PieceBytes = 1 << 20;
    private const long LimitNs = 120_000_000_000;

    private readonly CoordinationState _state = new();
    private readonly int _groups;
    private readonly int _splitBelowCopies;
    private readonly string[] _racks;
    private int _disks;

    public TopologyFixture(int nodes, int groups = 16, params string[] racks)
        : this(nodes, groups, 0, racks)
    {
    }

    public TopologyFixture(int nodes, int groups, int splitBelowCopies, string[] racks)
    {
        _splitBelowCopies = splitBelowCopies;
        _racks = racks;
        World = new SimulatedWorld(1);
        _groups = groups;
        for (var i = 0; i < nodes; i++)
            AddNode();
        foreach (var member in Members)
            Start(member);
        Await(() => Members.TrueForAll(IsConnected), "the nodes find each other");
    }

    public SimulatedWorld World { get; }

    public List<Member> Members { get; } = [];

    /// <summary>A node with one disk; it is not started.</summary>
    public Member AddNode()
    {
        var member = new Member($"n{Members.Count + 1}", World.CreateReactor($"n{Members.Count + 1}"));
        if (Members.Count < _racks.Length)
            member.Rack = _racks[Members.Count];
        member.Disks.Add(NewDisk());
        Members.Add(member);
        return member;
    }

    public FakeDisk NewDisk() => new(new Guid(++_disks, 0, 0, new byte[8]));

    /// <summary>Starts a node, on a new process when it had one that died.</summary>
    public void Start(Member member)
    {
        if (member.Reactor.IsCrashed)
            member.Reactor = World.CreateReactor(member.Name);
        var options = new BlockNodeOptions
        {
            NodeName = member.Name,
            MemberStallNs = 500_000_000,
            Groups = _groups,
            SplitBelowCopies = _splitBelowCopies,
            Cluster = new PeerOptions
            {
                ClusterId = new Guid(1, 2, 3, new byte[8]),
                ClusterKey = new byte[32],
                Listen = new Endpoint(member.Reactor.Host.Address, Port),
                Rack = member.Rack,
            },
        };
        World.Start(member.Reactor, async () =>
        {
            var started = await BlockNode.StartAsync(
                new SimulatedCoordinationStore(_state, member.Coordination), member.Disks.ConvertAll(member.Source), options);
            member.Node = started.Value;
            member.StartFault = started.Fault;
            return true;
        });
    }

    public void Kill(Member member)
    {
        World.Crash(member.Reactor);
        member.Node = null;
    }

    public T Run<T>(Member member, Func<BlockNode, ValueTask<T>> work) => World.Run(member.Reactor, () => work(member.Node!), LimitNs);

    public void Await(Func<bool> condition, string what) => Assert.That(World.RunUntil(condition, LimitNs), what);

    /// <summary>A volume with data; returns what is in it.</summary>
    public byte[] CreateVolume(int copies, int lengthBytes = 8 << 20, string? pool = null)
    {
        var made = Run(Members[0], node => node.Volumes.CreateAsync(
            new VolumeSpecification { Name = "v", SizeBytes = lengthBytes, Copies = copies, Pool = pool }));
        Assert.That(made.Fault, Is.Null);

        // In the first moments of a cluster a change may end as unavailable, and initiators try again; here nobody does.
        Await(() => IsSettled(copies), "all groups serve");
        World.RunFor(1_000_000_000);
        var bytes = new byte[lengthBytes];
        World.Stream("pattern").Fill(bytes);
        Write(Members[0], 0, bytes);
        Await(() => Groups().All(group => group.InSync.Count == copies), "all groups have their copies");
        return bytes;
    }

    public void Write(Member member, long offset, byte[] bytes)
    {
        for (var at = 0; at < bytes.Length; at += PieceBytes)
        {
            var (from, length) = (at, Math.Min(PieceBytes, bytes.Length - at));
            Assert.That(Use(member, length, async (volume, slice) =>
            {
                bytes.AsSpan(from, length).CopyTo(slice.Span);
                return await volume.WriteAsync(offset + from, slice);
            }).Status, Is.EqualTo(VolumeStatus.Ok));
        }
    }

    public byte[] Read(Member member, int lengthBytes)
    {
        var bytes = new byte[lengthBytes];
        for (var at = 0; at < lengthBytes; at += PieceBytes)
        {
            var (from, length) = (at, Math.Min(PieceBytes, lengthBytes - at));
            Assert.That(Use(member, length, async (volume, slice) =>
            {
                var result = await volume.ReadAsync(from, slice);
                slice.Span.CopyTo(bytes.AsSpan(from));
                return result;
            }).Status, Is.EqualTo(VolumeStatus.Ok));
        }

        return bytes;
    }

    private VolumeResult Use(Member member, int lengthBytes, Func<Volume, BufferSlice, ValueTask<VolumeResult>> work) => World.Run(
        member.Reactor,
        async () =>
        {
            var buffer = member.Reactor.Buffers.Rent(lengthBytes);
            var result = await work(member.Node!.Volumes.Find("v")!, buffer.Slice(0, lengthBytes));
            buffer.Release();
            return result;
        },
        LimitNs);

    /// <summary>The records of all groups as the first node that is up has heard of them.</summary>
    public List<GroupRecord> Groups() => [.. AllGroups().Select(group => group.Record).OfType<GroupRecord>()];

    public IEnumerable<PlacementGroup> AllGroups() =>
        Members.First(member => member.Node is not null).Node!.Pools.SelectMany(pool => pool.Groups);

    /// <summary>Copies of groups that are on a node's disks or are to come there, as any node that is up knows.</summary>
    public int CopiesOn(Member member) => Members.Where(other => other.Node is not null)
        .Max(other => other.Node!.CopiesByDisk().Where(disk => member.Owns(disk.Key)).Sum(disk => disk.Value));

    /// <summary>Every group has so many copies, on the disks of its row, and its preferred primary.</summary>
    public bool IsSettled(int copies) => Groups().Count > 0 && AllGroups().All(group =>
        group.Record is { } record && record.InSync.Count == copies && record.InSync.Order().SequenceEqual(group.Row.Order())
        && record.Primary == group.Row[0]);

    public bool IsConnected(Member member) => member.Node?.Peers is { } peers
        && peers.All.Count == Members.Count - 1
        && peers.All.All(peer => peer.IsConnected && peer.Disks.Count > 0);

    public void Dispose()
    {
        var rented = 0L;
        foreach (var member in Members.Where(member => member.Node is not null && !member.Reactor.IsCrashed))
        {
            World.Run(member.Reactor, () => member.Node!.CloseAsync(), LimitNs);
            rented += member.Reactor.Buffers.RentedBuffers;
        }

        World.Dispose();
        Assert.That(rented, Is.Zero, "buffers leaked");
    }

    /// <summary>A machine with disks.</summary>
    public sealed class Member(string name, SimulatedReactor reactor)
    {
        public string Name => name;

        public SimulatedReactor Reactor { get; set; } = reactor;

        public SimulatedCoordinationFaults Coordination { get; } = new();

        /// <summary>The rack that it is set up with.</summary>
        public string Rack { get; set; } = "rack";

        public BlockNode? Node { get; set; }

        public Fault? StartFault { get; set; }

        public List<FakeDisk> Disks { get; } = [];

        public bool Owns(Guid disk) => Disks.Any(own => own.Id == disk);

        public DiskSource Source(FakeDisk disk) => new(
            $"{name}/{disk.Id:N}", () => ValueTask.FromResult(Result<IObjectStore>.Ok(new FakeStore(disk))));
    }
}
