using System.Globalization;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>
/// The last events of a node, and who waits for the next. A cursor names a place in the journal of one run of the
/// process; events before the oldest one kept are told as lost. Any thread.
/// </summary>
/// <param name="time">Tells when things happened.</param>
public sealed class EventJournal(TimeProvider time)
{
    /// <summary>Events kept.</summary>
    public const int Capacity = 1024;

    /// <summary>Events of one answer.</summary>
    public const int PageItems = 256;

    /// <summary>Longest wait of one request.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    // Two runs do not begin in one tick.
    private readonly string _run = time.GetUtcNow().Ticks.ToString("x", CultureInfo.InvariantCulture);
    private readonly Lock _lock = new();
    private readonly EventView[] _ring = new EventView[Capacity];
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _count;

    /// <summary>Adds an event.</summary>
    public void Add(string kind, string severity, string subject, string message)
    {
        TaskCompletionSource waiting;
        lock (_lock)
        {
            _ring[_count % Capacity] = new EventView
            {
                Time = time.GetUtcNow(),
                Kind = kind,
                Severity = severity,
                Subject = subject,
                Message = message,
            };
            _count++;
            waiting = _added;
            _added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        waiting.SetResult();
    }

    /// <summary>The events after a place, waiting for one if there is none.</summary>
    /// <param name="after">Cursor of an earlier answer; null: from now on, which answers at once with a cursor alone.</param>
    /// <param name="wait">How long to wait, at most <see cref="LongestWait"/>.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<ListPage<EventView>> ReadAsync(string? after, TimeSpan wait, CancellationToken cancel)
    {
        if (wait > LongestWait)
            wait = LongestWait;
        Task? over = null;
        while (true)
        {
            Task added;
            lock (_lock)
            {
                if (after is null)
                    return Page([], _count);
                var items = Take(after, out var next);
                if (items.Count > 0 || wait <= TimeSpan.Zero || over is { IsCompleted: true })
                    return Page(items, next);
                added = _added.Task;
            }

            over ??= Task.Delay(wait, time, cancel);
            await Task.WhenAny(added, over);
            cancel.ThrowIfCancellationRequested();
        }
    }

    private List<EventView> Take(string after, out long next)
    {
        var oldest = Math.Max(0, _count - Capacity);
        var from = PlaceOf(after);
        var items = new List<EventView>();
        if (from is null || from < oldest)
        {
            items.Add(new EventView
            {
                Time = time.GetUtcNow(),
                Kind = "events-lost",
                Severity = "warning",
                Subject = "",
                Message = from is null
                    ? "This node was started again, or is another one than before: what happened in between is not known here."
                    : $"{oldest - from} events are not kept any more.",
            });
        }

        next = Math.Max(oldest, from ?? 0);
        for (; next < _count && items.Count < PageItems; next++)
            items.Add(_ring[next % Capacity]);
        return items;
    }

    // Null for the cursor of another run or node.
    private long? PlaceOf(string cursor)
    {
        var dot = cursor.IndexOf('.', StringComparison.Ordinal);
        return dot > 0
            && cursor[..dot] == _run
            && long.TryParse(cursor.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var place)
            && place <= _count
            ? place
            : null;
    }

    private ListPage<EventView> Page(IReadOnlyList<EventView> items, long next) =>
        new() { Items = items, NextCursor = string.Create(CultureInfo.InvariantCulture, $"{_run}.{next}") };
}
