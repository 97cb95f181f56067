using System.Text.Json;
using Uss.Runtime;

namespace Uss.Coordination.Etcd;

/// <summary>
/// A watch on etcd. The thread pool follows the stream and posts batches to the reactor that made the watch; a stream
/// that breaks or falls silent is opened anew after the last revision that was reported.
/// </summary>
/// <remarks>
/// It remembers the keys of its prefix with the revisions of their last changes (<see cref="WatchedKeys"/>): when etcd
/// has compacted what comes next, it lists the prefix again and reports the difference.
/// </remarks>
internal sealed class EtcdWatch : IWatch
{
    // Batches that wait for the reactor before the stream is left unread.
    private const int MaximumWaiting = 64;

    // Between two tries when no member can be reached.
    private const int RetryMs = 200;

    private readonly EtcdGateway _gateway;
    private readonly EtcdOptions _options;
    private readonly EtcdKeys _names;
    private readonly byte[] _start;
    private readonly byte[] _end;
    private readonly Reactor _reactor = Reactor.Current;
    private readonly CancellationTokenSource _stop;
    private readonly SemaphoreSlim _room = new(MaximumWaiting);

    // The reactor's.
    private readonly Queue<WatchBatch> _ready = [];
    private TaskCompletionSource? _waiter;
    private bool _isDisposed;

    // The thread pool's, one task.
    private readonly WatchedKeys _keys = new();
    private long _reported;
    private bool _areKeysKnown;
    private bool _isStreamGood;

    public EtcdWatch(
        EtcdGateway gateway, EtcdOptions options, EtcdKeys names, string prefix, long afterRevision, CancellationToken closing)
    {
        _gateway = gateway;
        _options = options;
        _names = names;
        _start = names.Of(prefix);
        _end = EtcdKeys.EndOf(_start);
        _reported = afterRevision;
        _areKeysKnown = afterRevision == 0;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(closing);
        _ = Task.Run(RunAsync, CancellationToken.None);
    }

    public async ValueTask<WatchBatch> NextAsync()
    {
        Invariant.Check(!_isDisposed && _waiter is null && _reactor.IsCurrent);
        if (_ready.Count == 0)
        {
            _waiter = new TaskCompletionSource();
            await _waiter.Task;
            _waiter = null;
        }

        _room.Release();
        return _ready.Dequeue();
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The store was closed before.
        }
    }

    private async Task RunAsync()
    {
        try
        {
            if (!_areKeysKnown)
                await LearnKeysAsync();
            for (var member = _gateway.Preferred; ; member = (member + 1) % _options.Endpoints.Count)
            {
                do
                {
                    _isStreamGood = false;
                    await FollowAsync(member);
                }
                while (_isStreamGood);
                _gateway.Avoid(member);
                await Task.Delay(RetryMs, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed, or the store was closed.
        }
        catch (ObjectDisposedException) when (_stop.IsCancellationRequested)
        {
            // The store was closed during a request.
        }
#pragma warning disable CA1031 // A programming error ends the process with a report, as on any reactor.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _reactor.Post(_ => _reactor.Spawn(ValueTask.FromException(exception)), null);
        }
        finally
        {
            _stop.Dispose();
        }
    }

    // What was there at the revision that the watch follows; unknown when that is compacted already.
    private async Task LearnKeysAsync()
    {
        while (true)
        {
            var answer = await RangeAsync(new RangeRequest(_start, _end, _reported, KeysOnly: true));
            if (answer.Outcome == EtcdOutcome.Refused)
                return;
            if (answer.Value is { } range)
            {
                foreach (var found in range.Kvs ?? [])
                    _keys.Add(_names.KeyOf(found.Key), found.ModRevision);
                _areKeysKnown = true;
                return;
            }

            await Task.Delay(RetryMs, _stop.Token);
        }
    }

    // Follows one stream to its end.
    private async Task FollowAsync(int member)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        silence.CancelAfter(_options.ConnectTimeoutMs + _options.RequestTimeoutMs);
        var request = new WatchRequest(new WatchCreateRequest(_start, _end, _reported + 1));
        await using var stream = await _gateway.OpenStreamAsync(
            member, "/v3/watch", request, EtcdJson.Default.WatchRequest, silence.Token);
        if (stream is null)
            return;
        using var reader = new StreamReader(stream);
        while (await ReadAsync(reader, silence.Token) is { } message)
        {
            // A silent stream is opened anew at the same member, which then has to answer in time.
            silence.CancelAfter(_options.WatchSilenceMs);
            _isStreamGood |= message.Created && !message.Canceled;
            if (message.Canceled)
            {
                // etcd ends a stream for other reasons too: it has no leader, it stops.
                _isStreamGood = message.CompactRevision > 0 && await ListAgainAsync();
                return;
            }

            if (message.Events is { Count: > 0 } events)
                await ReportAsync(events);
            else if (!message.Created && message.Header is { } header)
                _reported = Math.Max(_reported, header.Revision);
        }
    }

    // The next message; null when the stream has ended, is silent or makes no sense.
    private async Task<WatchResponse?> ReadAsync(StreamReader reader, CancellationToken cancellation)
    {
        try
        {
            var line = await reader.ReadLineAsync(cancellation);
            return line is null ? null : JsonSerializer.Deserialize(line, EtcdJson.Default.WatchMessage)?.Result;
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or JsonException)
        {
            return null;
        }
    }

    private async Task<bool> ListAgainAsync()
    {
        var answer = await RangeAsync(new RangeRequest(_start, _end));
        if (answer.Value?.Header is not { } header)
            return false;
        var entries = (answer.Value.Kvs ?? []).Select(_names.EntryOf).ToList();
        await PostAsync(_keys.Advance(entries, header.Revision, isWhole: !_areKeysKnown));
        _areKeysKnown = true;
        _reported = header.Revision;
        return true;
    }

    private async Task ReportAsync(IReadOnlyList<WatchEvent> events)
    {
        var changes = new List<Change>(events.Count);
        var last = _reported;
        foreach (var item in events)
        {
            var found = item.Kv!;

            // Never twice, whatever a member sends after it was away.
            if (found.ModRevision <= _reported)
                continue;
            ReadOnlyMemory<byte>? value = null;
            if (!item.IsDelete)
                value = found.Value ?? [];
            var change = new Change(_names.KeyOf(found.Key), value);
            changes.Add(change);
            _keys.Apply(change, found.ModRevision);
            last = found.ModRevision;
        }

        if (changes.Count == 0)
            return;
        await PostAsync(new WatchBatch(last, changes));
        _reported = last;
    }

    private async Task PostAsync(WatchBatch batch)
    {
        await _room.WaitAsync(_stop.Token);
        _reactor.Post(
            _ =>
            {
                if (_isDisposed)
                    return;
                _ready.Enqueue(batch);
                _waiter?.TrySetResult();
            },
            null);
    }

    private Task<EtcdAnswer<RangeResponse>> RangeAsync(RangeRequest request) => _gateway.CallAsync(
        "/v3/kv/range", request, EtcdJson.Default.RangeRequest, EtcdJson.Default.RangeResponse, isRepeatable: true);
}
