#if !DEBUG
using Uss.Coordination.Simulated;
using Uss.Runtime;
using Uss.Runtime.Threaded;
using Uss.Store;

namespace Uss.Volumes.Tests;

/// <summary>Release builds only: in a debug build the compiler makes state machines classes, which are allocated.</summary>
[TestFixture(1)]
[TestFixture(2)]
public sealed class AllocationTests(int copies)
{
    private const int Windows = 3;
    private const int Operations = 10_000;
    private const int Workers = 8;
    private const long VolumeBytes = 64 << 20;

    // A log that needs no checkpoint meanwhile: those allocate a little, once in thousands of operations.
    private static readonly StoreFormatOptions _format = new() { LogBytes = 64 << 20, MapBytes = 2 << 20 };

    private string _folder = null!;
    private ThreadedReactor _reactor = null!;
    private BlockNode _node = null!;
    private Volume _volume = null!;

    [SetUp]
    public async Task SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("uss-allocation-").FullName;
        _reactor = ReactorFactory.Create(new ReactorOptions { Seed = 1 }).Value.Reactor;
        _reactor.Start();
        _volume = (await _reactor.InvokeAsync(StartAsync))!;
    }

    [TearDown]
    public async Task TearDown()
    {
        await _reactor.InvokeAsync(async () =>
        {
            await _node.CloseAsync();
            return true;
        });
        var rented = _reactor.Buffers.RentedBuffers;
        await _reactor.StopAsync();
        Directory.Delete(_folder, recursive: true);
        Assert.That(rented, Is.Zero);
    }

    [Test]
    [Category("Full")]
    public async Task A_4_KiB_read_or_write_allocates_nothing_in_the_steady_state()
    {
        var allocated = await _reactor.InvokeAsync(async () =>
        {
            await RunAsync();

            // What the node does by the clock, such as a look for leftovers, comes in one window or another: what operations allocate
            // is in all of them.
            var least = long.MaxValue;
            for (var window = 0; window < Windows; window++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                await RunAsync();
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            return least;
        });

        // What is left are the tasks of the workers and a timer now and then, not the operations.
        Assert.That(allocated / (double)Operations, Is.LessThan(4));
    }

    private async ValueTask<Volume> StartAsync()
    {
        var sources = new List<DiskSource>();
        for (var i = 0; i < 2; i++)
        {
            var path = Path.Combine(_folder, string.Create(null, $"disk{i}"));
            await using (var file = File.Create(path))
                file.SetLength(512 << 20);
            Assert.That((await ObjectStore.FormatAsync(_reactor, path, _format)).Fault, Is.Null);
            sources.Add(new DiskSource(path, async () =>
            {
                var store = await ObjectStore.OpenAsync(_reactor, path, StoreOptions.Default);
                return store.IsOk ? Result<IObjectStore>.Ok(store.Value) : store.Fault;
            }));
        }

        _node = (await BlockNode.StartAsync(new SimulatedCoordinationStore(new CoordinationState()), sources)).Value!;
        var specification = new VolumeSpecification { Name = "v", SizeBytes = VolumeBytes, Copies = copies };
        Assert.That((await _node.Volumes.CreateAsync(specification)).Fault, Is.Null);
        return _node.Volumes.Find("v")!;
    }

    private async ValueTask RunAsync()
    {
        var left = new[] { Operations };
        var workers = new Task[Workers];
        for (var i = 0; i < workers.Length; i++)
            workers[i] = WorkAsync(left).AsTask();
        foreach (var worker in workers)
            await worker;
    }

    private async ValueTask WorkAsync(int[] left)
    {
        var buffer = _reactor.Buffers.Rent(4096);
        buffer.Slice().Span.Fill(7);
        while (left[0]-- > 0)
        {
            var offset = _reactor.Random.Next(VolumeBytes / 4096) * 4096;
            var result = (left[0] & 1) == 0
                ? await _volume.ReadAsync(offset, buffer.Slice(0, 4096))
                : await _volume.WriteAsync(offset, buffer.Slice(0, 4096));

            // An assertion would allocate.
            Invariant.Check(result.IsOk);
        }

        buffer.Release();
    }
}
#endif
