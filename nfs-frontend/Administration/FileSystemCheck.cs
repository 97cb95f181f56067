using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Metadata;
using Uss.Runtime;

namespace Uss.NfsFrontend.Administration;

/// <summary>
/// One check of a file system: the pages that hold its records, then what the records say of each other. While it is served the last
/// checkpoint is looked at, which is made for it; where it cannot be opened, what lies in its space.
/// </summary>
internal sealed class FileSystemCheck
{
    private const int MaximumFindings = 100;

    private readonly MetadataStore? _store;
    private readonly IMetadataSpace _space;
    private readonly Func<bool> _isStopped;
    private readonly List<string> _findings = [];
    private readonly DateTimeOffset _started;
    private readonly long _total;
    private RecordCheck? _records;
    private DateTimeOffset? _ended;
    private Fault? _fault;
    private long _seen;
    private long _pages;
    private long _count;
    private ulong _last;

    /// <summary>Creates it.</summary>
    /// <param name="store">The records of a file system that is served; null: it is not.</param>
    /// <param name="space">The space of its metadata.</param>
    /// <param name="isStopped">Tells that nobody wants the check any more.</param>
    public FileSystemCheck(MetadataStore? store, IMetadataSpace space, Func<bool> isStopped)
    {
        (_store, _space, _isStopped, _started) = (store, space, isStopped, Reactor.Current.UtcNow);
        _total = store?.Figures.Records ?? 0;
    }

    /// <summary>It is under way.</summary>
    public bool IsRunning => _ended is null;

    /// <summary>How it stands.</summary>
    public CheckItem Describe() => new()
    {
        Started = _started,
        Ended = _ended,
        Records = _seen + (_records?.Records ?? 0),
        TotalRecords = _total * (1 + (long)(_last / RecordCheck.RangeInodes)),
        Pages = _pages,
        IsOnline = _store is not null,
        Count = _count,
        Findings = [.. _findings],
        Fault = _fault,
    };

    /// <summary>Runs it.</summary>
    public async ValueTask RunAsync()
    {
        if (_store is not null)
            await _store.CheckpointAsync();
        for (var first = 0UL; first <= _last && _fault is null; first += RecordCheck.RangeInodes)
            await RunRangeAsync(first);
        _ended = Reactor.Current.UtcNow;
    }

    private async ValueTask RunRangeAsync(ulong first)
    {
        var records = _records = new RecordCheck(first, _isStopped);
        var report = _store is not null ? await _store.CheckAsync(records) : await MetadataCheck.RunAsync(_space, records);
        _records = null;
        if (!report.IsOk)
        {
            _fault = report.Fault;
            return;
        }

        // Pages are the same each time.
        if (first == 0)
        {
            _pages = report.Value.Pages;
            Add(report.Value.Findings, report.Value.Count);
        }

        records.Finish();
        Add(records.Findings, records.Count);
        (_seen, _last) = (_seen + records.Records, records.LastInode);
    }

    private void Add(IReadOnlyList<string> findings, long count)
    {
        _count += count;
        _findings.AddRange(findings.Take(MaximumFindings - _findings.Count));
    }
}
