using Uss.Coordination.Simulated;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Store;

namespace Uss.Volumes.Tests;

/// <summary>Volumes over real stores on simulated disks: what a stand-in for the store cannot show.</summary>
[TestFixture]
public sealed class WholeStackTests
{
    private const long DiskBytes = 128 << 20;
    private const int Blocks = 2048;

    /// <summary>
    /// Concurrent writes and discards, a crash at any moment, again and again: what was acknowledged last is there, or
    /// what was under way when the process died.
    /// </summary>
    [Test]
    public void Acknowledged_writes_survive_crashes([Values(1, 2)] int copies, [Range(1, 6)] int seed)
    {
        using var world = new SimulatedWorld((ulong)seed);
        var state = new CoordinationState();
        var disks = Format(world);
        var acknowledged = new byte[Blocks];
        var pending = new Dictionary<int, HashSet<byte>>();
        for (var life = 0; life < 6; life++)
        {
            var reactor = world.CreateReactor(string.Create(null, $"node{life}"));
            var node = world.Run(reactor, () => BlockNode.StartAsync(new SimulatedCoordinationStore(state), Sources(reactor, disks))).Value!;
            Assert.That(node.Status.UnavailableGroups, Is.Zero);
            if (life == 0)
            {
                var specification = new VolumeSpecification { Name = "v", SizeBytes = Blocks * 4096, Copies = copies };
                Assert.That(world.Run(reactor, () => node.Volumes.CreateAsync(specification)).Fault, Is.Null);
            }

            var volume = node.Volumes.Find("v")!;
            Verify(world, reactor, volume, acknowledged, pending);
            pending.Clear();
            for (var worker = 0; worker < 8; worker++)
            {
                var first = worker;
                world.Start(reactor, () => WorkAsync(world, reactor, volume, first, acknowledged, pending));
            }

            world.RunFor(1_000_000 + world.Stream("life").Next(50_000_000));
            foreach (var disk in disks)
                world.PowerCut(disk);
        }
    }

    private static List<SimulatedDisk> Format(SimulatedWorld world)
    {
        var disks = new List<SimulatedDisk>();
        var reactor = world.CreateReactor("format");
        for (var i = 0; i < 2; i++)
        {
            var path = string.Create(null, $"/disk{i}");
            disks.Add(world.CreateDisk(path, DiskBytes));
            Assert.That(world.Run(reactor, () => ObjectStore.FormatAsync(reactor, path, new StoreFormatOptions())).Fault, Is.Null);
        }

        return disks;
    }

    private static List<DiskSource> Sources(Reactor reactor, List<SimulatedDisk> disks) =>
    [
        .. disks.Select(disk => new DiskSource(disk.Path, async () =>
        {
            var store = await ObjectStore.OpenAsync(reactor, disk.Path, StoreOptions.Default);
            return store.IsOk ? Result<IObjectStore>.Ok(store.Value) : store.Fault;
        })),
    ];

    private static void Verify(
        SimulatedWorld world, SimulatedReactor reactor, Volume volume, byte[] acknowledged, Dictionary<int, HashSet<byte>> pending) =>
        world.Run(reactor, async () =>
        {
            var buffer = reactor.Buffers.Rent(Blocks * 4096);
            Assert.That((await volume.ReadAsync(0, buffer.Slice(0, Blocks * 4096))).IsOk);
            for (var block = 0; block < Blocks; block++)
            {
                var part = buffer.Slice(block * 4096, 4096);
                var found = part.Span[0];
                Assert.That(part.Span.ContainsAnyExcept(found), Is.False, $"block {block} is torn");
                var isPending = pending.TryGetValue(block, out var possible) && possible.Contains(found);
                Assert.That(found == acknowledged[block] || isPending, $"block {block} holds {found}, acknowledged was {acknowledged[block]}");
                acknowledged[block] = found;
            }

            buffer.Release();
        });

    // Each worker has blocks of its own, so that it knows what they hold.
    private static async ValueTask<bool> WorkAsync(
        SimulatedWorld world, SimulatedReactor reactor, Volume volume, int worker, byte[] acknowledged, Dictionary<int, HashSet<byte>> pending)
    {
        var random = world.Stream("work");
        var buffer = reactor.Buffers.Rent(4096);
        while (true)
        {
            var block = worker + (random.Next(Blocks / 8) * 8);
            var fill = random.Chance(0.2) ? (byte)0 : (byte)random.Next(256);
            buffer.Slice().Span.Fill(fill);
            pending[block] = [fill];
            var result = fill == 0
                ? await volume.DiscardAsync(block * 4096L, 4096)
                : await volume.WriteAsync(block * 4096L, buffer.Slice(0, 4096));
            Assert.That(result, Is.EqualTo(VolumeResult.Ok));
            acknowledged[block] = fill;
            pending.Remove(block);
        }
    }
}
