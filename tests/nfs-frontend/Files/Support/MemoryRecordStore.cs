using Uss.NfsFrontend.Metadata;
using Uss.Runtime;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>Records in memory. It can run operations several times, as a store does whose pages are not in memory, and fail.</summary>
internal sealed class MemoryRecordStore : IRecordStore
{
    private readonly SortedSet<RecordKey> _keys = [];
    private readonly Dictionary<RecordKey, byte[]> _values = [];

    /// <summary>How many runs of an operation do not count before the one that does.</summary>
    public int RunsThatDoNotCount { get; set; }

    /// <summary>Chooses where a run becomes incomplete; null: at the third look, the fifth, and so on.</summary>
    public SeededRandom? Random { get; set; }

    /// <summary>The reactor whose turns pass between runs, so that other operations run in between; null: none do.</summary>
    public Reactor? Turns { get; set; }

    /// <summary>How long it takes until something is durable.</summary>
    public long CommitNs { get; set; }

    /// <summary>This node is not the owner any more.</summary>
    public bool IsLost { get; set; }

    /// <summary>How the next operations that change something end, without having changed it.</summary>
    public Queue<RecordStatus> Refusals { get; } = [];

    /// <summary>Called in between the runs of an operation.</summary>
    public Action? BetweenRuns { get; set; }

    /// <summary>True while an operation runs: nobody else may.</summary>
    public bool IsRunning { get; private set; }

    public int Count => _keys.Count;

    public IEnumerable<RecordKey> Keys => _keys;

    public byte[]? Get(RecordKey key) => _values.GetValueOrDefault(key);

    public void Put(RecordKey key, byte[] value)
    {
        _keys.Add(key);
        _values[key] = value;
    }

    public void Delete(RecordKey key)
    {
        _keys.Remove(key);
        _values.Remove(key);
    }

    public RecordKey? Next(RecordKey from, RecordKey to)
    {
        if (from > to)
            return null;
        var view = _keys.GetViewBetween(from, to);
        foreach (var key in view)
            return key;
        return null;
    }

    public async ValueTask<RecordStatus> RunAsync(RecordOperation operation)
    {
        for (var run = 0; run < RunsThatDoNotCount && !IsLost; run++)
        {
            // The last one sees everything, and is run again nevertheless: as when what it changes needs pages.
            var looks = run == RunsThatDoNotCount - 1 ? int.MaxValue : Random?.Next(12) ?? 2 + (2 * run);
            RunOnce(operation, new MemoryTransaction(this, looks));
            BetweenRuns?.Invoke();
            if (Turns is { } reactor)
                await reactor.YieldAsync();
        }

        if (IsLost)
            return RecordStatus.Lost;
        var transaction = new MemoryTransaction(this, int.MaxValue);
        RunOnce(operation, transaction);
        if (transaction.HasChanges && Refusals.TryDequeue(out var refusal))
            return refusal;
        transaction.Apply();
        if (CommitNs > 0)
            await Reactor.Current.DelayAsync(CommitNs);
        return IsLost ? RecordStatus.Lost : RecordStatus.Ok;
    }

    private void RunOnce(RecordOperation operation, MemoryTransaction transaction)
    {
        Assert.That(IsRunning, Is.False, "an operation began while another one ran");
        IsRunning = true;
        operation.Run(transaction);
        IsRunning = false;
    }
}
