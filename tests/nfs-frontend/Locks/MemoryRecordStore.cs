using Uss.NfsFrontend.Metadata;
using Uss.Runtime;

namespace Uss.NfsFrontend.Locks.Tests;

/// <summary>
/// Records in memory that behave as badly as they may: operations run twice, overtake each other, and are long durable before anybody is
/// told, or the other way round.
/// </summary>
internal sealed class MemoryRecordStore(Reactor? reactor = null) : IRecordStore
{
    private const long LongestDelayNs = 3_000_000;

    /// <summary>All records.</summary>
    public SortedDictionary<RecordKey, byte[]> Records { get; } = [];

    /// <summary>Records written since the start.</summary>
    public int Writes { get; private set; }

    /// <summary>What operations end with; nothing is changed unless it is Ok.</summary>
    public RecordStatus Status { get; set; }

    public async ValueTask<RecordStatus> RunAsync(RecordOperation operation)
    {
        await DelayAsync();
        if (Status != RecordStatus.Ok)
            return Status;
        Run(operation);
        await DelayAsync();
        return RecordStatus.Ok;
    }

    /// <summary>Runs an operation at once.</summary>
    public void Run(RecordOperation operation)
    {
        // Now and then a page is missing from some point on.
        if (reactor is not null && reactor.Random.Chance(0.2))
            operation.Run(new Transaction(this, reactor.Random.Next(4)));
        var transaction = new Transaction(this, int.MaxValue);
        operation.Run(transaction);
        transaction.Commit();
    }

    /// <summary>Runs a piece of code as an operation.</summary>
    public void Run(Action<RecordTransaction> work) => Run(new Piece(work));

    private ValueTask DelayAsync() => reactor?.DelayAsync(reactor.Random.Next((int)LongestDelayNs)) ?? default;

    private sealed class Piece(Action<RecordTransaction> work) : RecordOperation
    {
        public override void Run(RecordTransaction records) => work(records);
    }

    private sealed class Transaction(MemoryRecordStore store, int reads) : RecordTransaction
    {
        private readonly SortedDictionary<RecordKey, byte[]> _records = new(store.Records);
        private int _reads = reads;
        private int _writes;

        public override bool IsIncomplete => _reads < 0;

        public override bool TryGet(RecordKey key, out ReadOnlySpan<byte> value)
        {
            var isFound = TryRead() & _records.TryGetValue(key, out var bytes);
            value = isFound && !IsIncomplete ? bytes : default;
            return isFound && !IsIncomplete;
        }

        public override bool TryGetNext(RecordKey from, RecordKey to, out RecordKey key, out ReadOnlySpan<byte> value)
        {
            key = default;
            value = default;
            if (!TryRead())
                return false;
            foreach (var (found, bytes) in _records)
            {
                if (found.CompareTo(from) < 0)
                    continue;
                key = found;
                value = bytes;
                return found.CompareTo(to) <= 0;
            }

            return false;
        }

        public override void Put(RecordKey key, ReadOnlySpan<byte> value)
        {
            Assert.That(value.Length, Is.LessThanOrEqualTo(MaximumValueBytes));
            _writes++;
            _records[key] = value.ToArray();
        }

        public override void Delete(RecordKey key)
        {
            _writes++;
            _records.Remove(key);
        }

        public void Commit()
        {
            store.Writes += _writes;
            store.Records.Clear();
            foreach (var (key, value) in _records)
                store.Records.Add(key, value);
        }

        private bool TryRead()
        {
            _reads = _reads == int.MaxValue ? _reads : _reads - 1;
            return !IsIncomplete;
        }
    }
}
