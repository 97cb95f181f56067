using Uss.Coordination.Simulated;
using Uss.Replication.Tests.Support;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Store;

namespace Uss.Replication.Tests;

/// <summary>One placement group over in-memory disks in a simulated world, without a node around it.</summary>
public sealed class GroupFixture : IDisposable
{
    public static readonly ulong Space = SpaceId.Compose(1, 1, 0);

    private int _incarnation;

    public GroupFixture(int disks = 2, ulong seed = 1, long stallNs = GroupContext.DefaultStallNs)
    {
        StallNs = stallNs;
        World = new SimulatedWorld(seed);
        for (var i = 0; i < disks; i++)
            Disks.Add(new FakeDisk(new Guid(i + 1, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0])));
        Restart();
    }

    public long StallNs { get; }

    public SimulatedWorld World { get; }

    public SimulatedReactor Reactor { get; private set; } = null!;

    public CoordinationState State { get; } = new();

    public SimulatedCoordinationFaults CoordinationFaults { get; } = new();

    public List<FakeDisk> Disks { get; } = [];

    public List<FakeStore> Stores { get; } = [];

    public List<LocalReplica> Replicas { get; } = [];

    public GroupContext Context { get; private set; } = null!;

    public PlacementGroup Group { get; private set; } = null!;

    public ObjectId Object { get; } = new(Space, 7);

    /// <summary>Kills the process, if there is one, and makes a new one with a group that has not started.</summary>
    public void Restart()
    {
        if (Reactor is not null)
            World.Crash(Reactor);
        Reactor = World.CreateReactor(string.Create(null, $"node{_incarnation++}"));
        Stores.Clear();
        Replicas.Clear();
        Run(() =>
        {
            foreach (var disk in Disks)
            {
                Stores.Add(new FakeStore(disk));
                Replicas.Add(new LocalReplica(Stores[^1]));
            }

            Context = new GroupContext(Reactor, new SimulatedCoordinationStore(State, CoordinationFaults), StallNs);
            Group = new PlacementGroup(new PlacementGroupId(1, 0), groups: 1, Context);
            Group.SetRow([.. Disks.Select(disk => disk.Id)]);
            return ValueTask.FromResult(true);
        });
    }

    /// <summary>Starts the group with the disks that are named, or all.</summary>
    public Fault? Start(params int[] online) => Run(async () =>
    {
        var read = await Context.ReadRecordAsync(Group.Id);
        var entry = read.Entries.Count == 0 ? null : read.Entries[0];
        var record = entry is null
            ? null
            : Coordination.CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.GroupRecord).Value;
        var disks = online.Length == 0 ? Enumerable.Range(0, Disks.Count) : online;
        return await Group.StartAsync(record, entry?.ModifiedRevision ?? 0, 0, [.. disks.Select(i => Replicas[i])]);
    });

    /// <summary>The map wants the group on these disks from now on, the first one as primary.</summary>
    public void SetRow(params int[] disks) => Run(() =>
    {
        Group.SetRow([.. disks.Select(Id)]);
        return ValueTask.FromResult(true);
    });

    public void CrashAndStart(params int[] online)
    {
        Restart();
        Assert.That(Start(online), Is.Null);
    }

    public T Run<T>(Func<ValueTask<T>> work) => World.Run(Reactor, work);

    public GroupResult Write(int block, byte fill, int blocks = 1) => Run(() => WriteAsync(block, fill, blocks));

    /// <summary>Writes blocks full of one byte value.</summary>
    public async ValueTask<GroupResult> WriteAsync(int block, byte fill, int blocks = 1)
    {
        var buffer = Reactor.Buffers.Rent(blocks * StoreUnits.BlockBytes);
        var slice = buffer.Slice(0, blocks * StoreUnits.BlockBytes);
        slice.Span.Fill(fill);
        var checksums = Enumerable.Repeat(Crc32C.Compute(slice.Span[..StoreUnits.BlockBytes]), blocks).ToArray();
        var result = await Group.WriteAsync(Object, block, slice, checksums);

        // Whoever still uses the data must have kept a reference; poison tells.
        buffer.Release();
        return result;
    }

    public GroupResult Discard(int block, int blocks = 1) => Run(() => Group.DiscardAsync(Object, block, blocks));

    /// <summary>Reads blocks, each of which must be full of one byte value; -1 for one that is not good.</summary>
    public int[] Read(int block, int blocks = 1) => Run(() => ReadAsync(block, blocks)).Fills;

    public async ValueTask<(GroupResult Result, int[] Fills)> ReadAsync(int block, int blocks = 1)
    {
        var buffer = Reactor.Buffers.Rent(blocks * StoreUnits.BlockBytes);
        var slice = buffer.Slice(0, blocks * StoreUnits.BlockBytes);
        var result = await Group.ReadAsync(Object, block, slice);
        var fills = new int[blocks];
        for (var i = 0; i < blocks; i++)
        {
            var part = slice.Span.Slice(i * StoreUnits.BlockBytes, StoreUnits.BlockBytes);
            fills[i] = part.ContainsAnyExcept(part[0]) ? -2 : part[0];
            if (result.CanBeRepeated || (result.Status == GroupStatus.Damaged && result.Position == block + i))
                fills[i] = -1;
        }

        buffer.Release();
        return (result, fills);
    }

    /// <summary>What a disk holds, by block: byte value, or null for a hole.</summary>
    public int? OnDisk(int disk, int block) =>
        Disks[disk].Objects.TryGetValue(Object, out var found) && found.Blocks[block].Data is { } data ? data[0] : null;

    public ulong VersionOnDisk(int disk, int block) =>
        Disks[disk].Objects.TryGetValue(Object, out var found) ? found.Blocks[block].Version : 0;

    public Guid Id(int disk) => Disks[disk].Id;

    public bool Join(int disk) => Run(() => Group.JoinAsync(Replicas[disk]));

    public void Settle() => World.RunFor(30_000_000_000);

    public void Dispose()
    {
        Settle();
        var rented = Reactor.Buffers.RentedBuffers;
        World.Dispose();
        Assert.That(rented, Is.Zero, "buffers leaked");
    }
}
