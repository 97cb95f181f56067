using Uss.Runtime;

namespace Uss.Coordination.Etcd;

/// <summary>
/// Cluster state in etcd 3.4 or later, through its v3 JSON gateway. HTTP runs on the thread pool; completions are posted
/// to the reactor that called. Reads are linearizable. A commit that may have been applied is never sent again.
/// </summary>
public sealed class EtcdCoordinationStore : ICoordinationStore
{
    private const long MsPerSecond = 1000;

    private static readonly CoordinationRead Unavailable = new(false, 0, []);
    private static readonly CoordinationCommit Unknown = new(CommitStatus.Unknown, 0);

    private readonly EtcdOptions _options;
    private readonly EtcdGateway _gateway;
    private readonly EtcdKeys _keys;
    private readonly CancellationTokenSource _closing = new();

    private EtcdCoordinationStore(EtcdOptions options)
    {
        _options = options;
        _gateway = new EtcdGateway(options);
        _keys = new EtcdKeys(options.Prefix);
    }

    /// <summary>Why the last request that failed did; null when none did.</summary>
    public Fault? LastFault => _gateway.LastFault;

    /// <summary>Connects to etcd.</summary>
    /// <returns>The store, or a fault: options that make no sense, or no member answers (then it may be tried again).</returns>
    public static async ValueTask<Result<EtcdCoordinationStore>> OpenAsync(EtcdOptions options)
    {
        if (options.FindFault() is { } fault)
            return fault;
        var store = new EtcdCoordinationStore(options);
        if ((await store.GetAsync("")).IsAvailable)
            return store;
        fault = store.LastFault!;
        await store.CloseAsync();
        return fault;
    }

    /// <inheritdoc/>
    public ValueTask<CoordinationRead> GetAsync(string key) => ReadAsync(new RangeRequest(_keys.Of(key)));

    /// <inheritdoc/>
    public ValueTask<CoordinationRead> ListAsync(string prefix)
    {
        var start = _keys.Of(prefix);
        return ReadAsync(new RangeRequest(start, EtcdKeys.EndOf(start)));
    }

    /// <inheritdoc/>
    public ValueTask<CoordinationCommit> CommitAsync(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes)
    {
        CommitLimits.Check(conditions, changes);
        if (_closing.IsCancellationRequested)
            return new ValueTask<CoordinationCommit>(Unknown);

        // The caller may reuse its memory: the request has copies of its own.
        var request = new TxnRequest(
            [.. conditions.Select(condition => new TxnCompare(_keys.Of(condition.Key), condition.ModifiedRevision))],
            [.. changes.Select(OperationOf)]);
        return RunAsync(async () =>
        {
            var answer = await _gateway.CallAsync(
                "/v3/kv/txn", request, EtcdJson.Default.TxnRequest, EtcdJson.Default.TxnResponse, isRepeatable: false);
            if (answer.Outcome == EtcdOutcome.Refused)
            {
                // Only a lease can be missing. What etcd calls invalid, CommitLimits does too.
                Invariant.Check(answer.Code != EtcdAnswer<TxnResponse>.InvalidArgument);
                return answer.Code == EtcdAnswer<TxnResponse>.NotFound ? new CoordinationCommit(CommitStatus.Conflict, 0) : Unknown;
            }

            if (answer.Value?.Header is not { } header)
                return Unknown;
            return new CoordinationCommit(answer.Value.Succeeded ? CommitStatus.Applied : CommitStatus.Conflict, header.Revision);
        });
    }

    /// <inheritdoc/>
    public IWatch Watch(string prefix, long afterRevision)
    {
        Invariant.Check(!_closing.IsCancellationRequested);
        return new EtcdWatch(_gateway, _options, _keys, prefix, afterRevision, _closing.Token);
    }

    /// <inheritdoc/>
    public ValueTask<long?> GrantLeaseAsync(long ttlMs)
    {
        Invariant.Check(ttlMs > 0);
        var seconds = (ttlMs + MsPerSecond - 1) / MsPerSecond;
        if (_closing.IsCancellationRequested)
            return new ValueTask<long?>((long?)null);

        // Granted twice because an answer was lost, one of the two ends by itself.
        return RunAsync<long?>(async () =>
        {
            var answer = await _gateway.CallAsync(
                "/v3/lease/grant",
                new LeaseRequest(0, seconds),
                EtcdJson.Default.LeaseRequest,
                EtcdJson.Default.LeaseResponse,
                isRepeatable: true);
            return answer.Value?.Id;
        });
    }

    /// <inheritdoc/>
    public ValueTask<LeaseStatus> KeepLeaseAsync(long lease) => LeaseAsync(async () =>
    {
        var answer = await _gateway.CallAsync(
            "/v3/lease/keepalive",
            new LeaseRequest(lease),
            EtcdJson.Default.LeaseRequest,
            EtcdJson.Default.LeaseKeepResponse,
            isRepeatable: true);
        if (answer.Value?.Result is not { } kept)
            return LeaseStatus.Unknown;
        return kept.TtlSeconds > 0 ? LeaseStatus.Alive : LeaseStatus.Ended;
    });

    /// <inheritdoc/>
    public ValueTask<LeaseStatus> RevokeLeaseAsync(long lease) => LeaseAsync(async () =>
    {
        var answer = await _gateway.CallAsync(
            "/v3/lease/revoke",
            new LeaseRequest(lease),
            EtcdJson.Default.LeaseRequest,
            EtcdJson.Default.LeaseResponse,
            isRepeatable: true);
        var isEnded = answer.Outcome == EtcdOutcome.Answered || answer.Code == EtcdAnswer<LeaseResponse>.NotFound;
        return isEnded ? LeaseStatus.Ended : LeaseStatus.Unknown;
    });

    /// <inheritdoc/>
    public async ValueTask CloseAsync()
    {
        await _closing.CancelAsync();
        _gateway.Dispose();
    }

    // Runs on the thread pool; completes on the calling reactor.
    private static async ValueTask<T> RunAsync<T>(Func<Task<T>> work)
    {
        var reactor = Reactor.Current;
        var completion = new TaskCompletionSource<T>();
        _ = Task.Run(async () =>
        {
            try
            {
                var result = await work();
                reactor.Post(_ => completion.SetResult(result), null);
            }
#pragma warning disable CA1031 // A programming error surfaces where the result is awaited.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                reactor.Post(_ => completion.SetException(exception), null);
            }
        });
        return await completion.Task;
    }

    private ValueTask<LeaseStatus> LeaseAsync(Func<Task<LeaseStatus>> work) =>
        _closing.IsCancellationRequested ? new ValueTask<LeaseStatus>(LeaseStatus.Unknown) : RunAsync(work);

    private ValueTask<CoordinationRead> ReadAsync(RangeRequest request)
    {
        if (_closing.IsCancellationRequested)
            return new ValueTask<CoordinationRead>(Unavailable);
        return RunAsync(async () =>
        {
            var answer = await _gateway.CallAsync(
                "/v3/kv/range", request, EtcdJson.Default.RangeRequest, EtcdJson.Default.RangeResponse, isRepeatable: true);
            return answer.Value?.Header is { } header
                ? new CoordinationRead(true, header.Revision, [.. (answer.Value.Kvs ?? []).Select(_keys.EntryOf)])
                : Unavailable;
        });
    }

    private TxnOperation OperationOf(Change change) => change.Value is { } value
        ? new TxnOperation(new PutRequest(_keys.Of(change.Key), value.ToArray(), change.Lease), null)
        : new TxnOperation(null, new DeleteRequest(_keys.Of(change.Key)));
}
