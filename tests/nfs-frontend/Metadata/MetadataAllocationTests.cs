using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata.Tests;

public sealed class MetadataAllocationTests
{
    private const int Operations = 20_000;

    // In a debug build the compiler makes state machines classes, which are allocated: nothing to test there.
#if !DEBUG
    [Test]
#endif
    [Category("Full")]
    public async Task Operations_allocate_nothing_in_the_steady_state()
    {
        var reactor = ReactorFactory.Create(new ReactorOptions { Seed = 1 }).Value!.Reactor;
        reactor.Start();
        try
        {
            var (reads, writes) = await reactor.InvokeAsync(() => MeasureAsync(reactor));
            TestContext.Out.WriteLine($"{reads / (double)Operations} bytes a read, {writes / (double)Operations} bytes a write");
            Assert.That(reads, Is.Zero);

            // Checkpoints, once in many operations, allocate a little.
            Assert.That(writes / (double)Operations, Is.LessThan(4));
            Assert.That(reactor.Buffers.RentedBuffers, Is.Zero);
        }
        finally
        {
            await reactor.StopAsync();
        }
    }

    private static async ValueTask<(long Reads, long Writes)> MeasureAsync(Reactor reactor)
    {
        var space = new MemorySpace();
        var format = new MetadataFormatOptions { FileSystem = 1, LogBytes = 64 << 20 };
        Invariant.Check(await MetadataStore.FormatAsync(space, format) == RecordStatus.Ok);
        var store = (await MetadataStore.OpenAsync(space, MetadataOptions.Default with { QuietNs = 0 })).Value!;
        for (var key = 0UL; key < 2000; key++)
            Invariant.Check(await store.RunAsync(new Write { Key = key }) == RecordStatus.Ok);
        var write = new Write();
        var read = new Read();
        var reads = 0L;
        var writes = 0L;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var operation = 0; operation < Operations; operation++)
            {
                read.Key = (ulong)operation % 2000;
                var task = store.RunAsync(read);
                Invariant.Check(task.IsCompletedSuccessfully && await task == RecordStatus.Ok);
            }

            reads = GC.GetAllocatedBytesForCurrentThread() - before;
            before = GC.GetAllocatedBytesForCurrentThread();
            for (var operation = 0; operation < Operations; operation++)
            {
                write.Key = (ulong)operation % 2000;
                Invariant.Check(await store.RunAsync(write) == RecordStatus.Ok);
            }

            writes = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        await store.CloseAsync();
        return (reads, writes);
    }

    private sealed class Read : RecordOperation
    {
        public ulong Key { get; set; }

        public override void Run(RecordTransaction records)
        {
            Invariant.Check(records.IsIncomplete || records.TryGet(new RecordKey(Key << 8, 1), out _));
            records.TryGetNext(new RecordKey(Key << 8, 0), new RecordKey(Key << 8, ulong.MaxValue), out _, out _);
        }
    }

    private sealed class Write : RecordOperation
    {
        private readonly byte[] _value = new byte[100];

        public ulong Key { get; set; }

        public override void Run(RecordTransaction records)
        {
            records.TryGet(new RecordKey(Key << 8, 1), out _);
            records.Put(new RecordKey(Key << 8, 1), _value);
            records.Put(new RecordKey(Key << 8, 2), _value);
            records.Delete(new RecordKey(Key << 8, 3));
        }
    }

    /// <summary>Completes everything at once.</summary>
    private sealed class MemorySpace : IMetadataSpace
    {
        private readonly Dictionary<long, byte[]> _blocks = [];

        public bool IsHeld => true;

        public ValueTask<RecordStatus> ReadAsync(long offset, BufferSlice target)
        {
            for (var at = 0; at < target.Length; at += 4096)
            {
                var block = target.Span.Slice(at, 4096);
                if (_blocks.TryGetValue(offset + at, out var bytes))
                    bytes.CopyTo(block);
                else
                    block.Clear();
            }

            return new ValueTask<RecordStatus>(RecordStatus.Ok);
        }

        public ValueTask<RecordStatus> WriteAsync(long offset, BufferSlice source)
        {
            for (var at = 0; at < source.Length; at += 4096)
            {
                if (!_blocks.TryGetValue(offset + at, out var bytes))
                    _blocks[offset + at] = bytes = new byte[4096];
                source.Span.Slice(at, 4096).CopyTo(bytes);
            }

            return new ValueTask<RecordStatus>(RecordStatus.Ok);
        }

        public ValueTask<RecordStatus> DiscardAsync(long offset, long length) => new(RecordStatus.Ok);
    }
}
