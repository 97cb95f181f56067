using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata.Tests;

/// <summary>
/// Workers that run random operations, and the history of what they did and saw. Each worker has a record that counts its changing
/// operations, written in the same transaction: so after a crash the records themselves say which operations survived.
/// </summary>
internal sealed class CrashWorkload(MetadataRig rig, SortedDictionary<RecordKey, byte[]> before, int workers, int objects, int recordsOfObject)
{
    private const ulong CounterObject = 0xFFFFFFFF;

    private readonly List<Step> _steps = [];
    private int _order;

    public int Acknowledged { get; private set; }

    public int Refused { get; private set; }

    public bool IsStopping { get; set; }

    /// <summary>Starts the workers; they run while the world does, until the process dies.</summary>
    public void Start()
    {
        for (var worker = 0; worker < workers; worker++)
        {
            var number = (ulong)worker;
            rig.World.Start(rig.Reactor, () => WorkAsync(number));
        }
    }

    /// <summary>Compares what was recovered with the history.</summary>
    public void Verify(SortedDictionary<RecordKey, byte[]> after)
    {
        var counts = new ulong[workers];
        for (var worker = 0; worker < workers; worker++)
            counts[worker] = after.TryGetValue(Counter((ulong)worker), out var count) ? BitConverter.ToUInt64(count) : 0;
        _steps.Sort((a, b) => a.Order.CompareTo(b.Order));
        var model = new SortedDictionary<RecordKey, byte[]>(before);
        foreach (var step in _steps)
        {
            var isThere = step.Count == 0 ? step.IsAcknowledged : counts[step.Worker] >= step.Count;
            if (!isThere && step.IsAcknowledged)
                Assert.Fail($"operation {step.Count} of worker {step.Worker} was acknowledged and is gone");
            if (!isThere || step.IsRefused)
                continue;
            foreach (var (key, value) in step.Seen)
            {
                var isSame = model.TryGetValue(key, out var expected) ? value is not null && expected.AsSpan().SequenceEqual(value) : value is null;
                if (!isSame)
                    Assert.Fail($"worker {step.Worker} was told of something that is undone: record {key}");
            }

            foreach (var (key, value) in step.Changes)
            {
                if (value is null)
                    model.Remove(key);
                else
                    model[key] = value;
            }
        }

        Assert.That(after.Count, Is.EqualTo(model.Count));
        foreach (var (key, value) in model)
        {
            if (!after.GetValueOrDefault(key).AsSpan().SequenceEqual(value))
                Assert.Fail($"record {key} differs");
        }
    }

    private static RecordKey Counter(ulong worker) => new((CounterObject + worker) << 8, 0);

    private async ValueTask<bool> WorkAsync(ulong worker)
    {
        var count = before.TryGetValue(Counter(worker), out var old) ? BitConverter.ToUInt64(old) : 0;
        var random = new SeededRandom(rig.Random.NextUInt64());
        var store = rig.Store!;
        while (!IsStopping)
        {
            var isRead = random.Chance(0.4);
            var step = new Step(this, random.NextUInt64(), worker, isRead ? 0 : ++count);
            _steps.Add(step);
            var status = await store.RunAsync(step);
            if (status == RecordStatus.NoSpace)
            {
                // Nothing was changed: the same number goes to the next one.
                step.IsRefused = true;
                Refused++;
                count -= isRead ? 0UL : 1;
                await rig.Reactor.DelayAsync(random.Next(20_000_000));
                continue;
            }

            if (status != RecordStatus.Ok)
                return false;
            step.IsAcknowledged = true;
            Acknowledged++;
            if (random.Chance(0.1))
                await rig.Reactor.DelayAsync(random.Next(2_000_000));
        }

        return true;
    }

    private sealed class Step(CrashWorkload workload, ulong seed, ulong worker, ulong count) : RecordOperation
    {
        public ulong Worker => worker;

        /// <summary>Number among the changing operations of its worker; 0 when it only reads.</summary>
        public ulong Count => count;

        public int Order { get; private set; }

        public bool IsAcknowledged { get; set; }

        public bool IsRefused { get; set; }

        public List<(RecordKey Key, byte[]? Value)> Changes { get; } = [];

        public List<(RecordKey Key, byte[]? Value)> Seen { get; } = [];

        public override void Run(RecordTransaction records)
        {
            // The same seed each time: it asks for the same again.
            var random = new SeededRandom(seed);
            Order = ++workload._order;
            Changes.Clear();
            Seen.Clear();
            for (var reads = random.Next(4) + (count == 0 ? 1 : 0); reads > 0; reads--)
            {
                if (random.Chance(0.7))
                    Look(records, workload.RandomKey(random));
                else
                    LookNext(records, workload.RandomKey(random), random.Chance(0.2));
            }

            if (count == 0)
                return;
            for (var changes = random.Chance(0.1) ? 40 : random.Next(5); changes > 0; changes--)
            {
                var key = workload.RandomKey(random);
                if (random.Chance(0.35))
                {
                    records.Delete(key);
                    Changes.Add((key, null));
                }
                else
                {
                    Put(records, key, RandomValue(random));
                }
            }

            Put(records, Counter(worker), BitConverter.GetBytes(count));
        }

        private void Look(RecordTransaction records, RecordKey key) =>
            Seen.Add((key, records.TryGet(key, out var value) ? value.ToArray() : null));

        private void LookNext(RecordTransaction records, RecordKey start, bool isWide)
        {
            var to = isWide ? new RecordKey(CounterObject << 7, 0) : start with { Low = ulong.MaxValue };
            if (records.TryGetNext(start, to, out var key, out var value))
                Seen.Add((key, value.ToArray()));
            else
                Seen.Add((start, null));
        }

        private void Put(RecordTransaction records, RecordKey key, byte[] value)
        {
            records.Put(key, value);
            Changes.Add((key, value));
        }

        private static byte[] RandomValue(SeededRandom random)
        {
            var value = new byte[random.Chance(0.02) ? RecordTransaction.MaximumValueBytes : random.Next(random.Chance(0.2) ? 700 : 120)];
            random.Fill(value);
            return value;
        }
    }

    private RecordKey RandomKey(SeededRandom random) => new((ulong)(1 + random.Next(objects)) << 8, (ulong)random.Next(recordsOfObject));
}
