using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.NfsFrontend.Metadata.Tests;

/// <summary>A simulated world with a metadata space and, while it runs, a store on it.</summary>
internal sealed class MetadataRig : IDisposable
{
    public const ulong FileSystem = 0xF5;

    private int _lives;

    public MetadataRig(ulong seed = 1, long logBytes = 256 << 10)
    {
        World = new SimulatedWorld(seed);
        Random = SeededRandom.Stream(seed, "test");
        Space = new SimulatedMetadataSpace(SeededRandom.Stream(seed, "space"));
        Reactor = World.CreateReactor("format");
        Owner = Space.Attach(Reactor);
        var format = new MetadataFormatOptions { FileSystem = FileSystem, LogBytes = logBytes };
        Assert.That(Run(() => MetadataStore.FormatAsync(Owner, format)), Is.EqualTo(RecordStatus.Ok));
        Assert.That(Reactor.Buffers.RentedBuffers, Is.Zero);
    }

    public SimulatedWorld World { get; }

    public SeededRandom Random { get; }

    public SimulatedMetadataSpace Space { get; }

    public SimulatedReactor Reactor { get; private set; }

    public SimulatedMetadataSpace.Owner Owner { get; private set; }

    public MetadataStore? Store { get; private set; }

    public MetadataOptions Options { get; set; } = new() { CacheBytes = 1 << 20, QuietNs = 20_000_000 };

    /// <summary>Starts a new process and opens the store in it.</summary>
    public Fault? TryOpen()
    {
        StartProcess();
        var opened = Run(() => MetadataStore.OpenAsync(Owner, Options));
        Store = opened.Value;
        if (!opened.IsOk)
            Assert.That(Reactor.Buffers.RentedBuffers, Is.Zero);
        return opened.Fault;
    }

    public MetadataStore Open()
    {
        Assert.That(TryOpen(), Is.Null);
        return Store!;
    }

    public void StartProcess()
    {
        Reactor = World.CreateReactor($"life{++_lives}", "host");
        Owner = Space.Attach(Reactor);
    }

    public RecordStatus Close()
    {
        var status = Run(() => Store!.CloseAsync());
        Store = null;
        Assert.That(Reactor.Buffers.RentedBuffers, Is.Zero);
        return status;
    }

    /// <summary>Kills the process.</summary>
    public void Crash()
    {
        World.Crash(Reactor);
        Space.Crash();
        Store = null;
    }

    /// <summary>Another node becomes the owner; the process goes on, and changes nothing any more.</summary>
    public void Depose()
    {
        Owner.IsHeld = false;
        Space.Crash();
        Store = null;
    }

    public T Run<T>(Func<ValueTask<T>> work) => World.Run(Reactor, work);

    public RecordStatus Run(Action<RecordTransaction> operation) => Run(() => Store!.RunAsync(new TestOperation(operation)));

    /// <summary>Runs and expects Ok.</summary>
    public void Do(Action<RecordTransaction> operation) => Assert.That(Run(operation), Is.EqualTo(RecordStatus.Ok));

    /// <summary>Checks what is on the space and expects nothing wrong; commits in the log are not looked into.</summary>
    public MetadataCheckReport Check()
    {
        var report = Run(() => Store is null ? MetadataCheck.RunAsync(Owner) : Store.CheckAsync());
        Assert.That(report.Fault, Is.Null);
        Assert.That(report.Value!.Findings, Is.Empty);
        return report.Value;
    }

    public byte[]? Get(RecordKey key)
    {
        byte[]? value = null;
        Do(records => value = records.TryGet(key, out var found) ? found.ToArray() : null);
        return value;
    }

    /// <summary>All records, read in pieces.</summary>
    public SortedDictionary<RecordKey, byte[]> ReadAll()
    {
        var all = new SortedDictionary<RecordKey, byte[]>();
        RecordKey? next = default(RecordKey);
        var piece = new List<(RecordKey Key, byte[] Value)>();
        while (next is { } from)
        {
            Do(records =>
            {
                piece.Clear();
                next = null;
                for (var at = from; records.TryGetNext(at, RecordKey.Maximum, out var key, out var value); at = After(key))
                {
                    if (piece.Count == 50)
                    {
                        next = key;
                        break;
                    }

                    piece.Add((key, value.ToArray()));
                }
            });
            foreach (var (key, value) in piece)
                all.Add(key, value);
        }

        return all;
    }

    public static RecordKey After(RecordKey key) => key.Low == ulong.MaxValue ? new RecordKey(key.High + 1, 0) : key with { Low = key.Low + 1 };

    public void Dispose() => World.Dispose();
}

/// <summary>An operation as a delegate.</summary>
internal sealed class TestOperation(Action<RecordTransaction> run) : RecordOperation
{
    public override void Run(RecordTransaction records) => run(records);
}
