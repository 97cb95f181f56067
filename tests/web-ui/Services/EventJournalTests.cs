namespace Uss.WebUi.Services;

public sealed class EventJournalTests
{
    private EventJournal _journal = null!;

    [SetUp]
    public void SetUp() => _journal = new EventJournal(TimeProvider.System);

    [Test]
    public async Task A_reader_gets_what_happens_after_it_came()
    {
        _journal.Add("a", "info", "", "before");
        var page = await _journal.ReadAsync(null, TimeSpan.FromSeconds(30), default);
        Assert.That(page.Items, Is.Empty);
        var waiting = _journal.ReadAsync(page.NextCursor, TimeSpan.FromSeconds(30), default);
        Assert.That(waiting.IsCompleted, Is.False);
        _journal.Add("b", "info", "x", "after");
        page = await waiting;
        Assert.That(page.Items.Select(item => item.Message), Is.EqualTo(["after"]));
        Assert.That((await _journal.ReadAsync(page.NextCursor, TimeSpan.Zero, default)).Items, Is.Empty);
    }

    [Test]
    public async Task Who_comes_late_is_told_what_it_missed()
    {
        var start = (await _journal.ReadAsync(null, TimeSpan.Zero, default)).NextCursor;
        for (var i = 0; i < EventJournal.Capacity + 10; i++)
            _journal.Add("n", "info", "", $"{i}");
        var messages = new List<string>();
        var kinds = new List<string>();
        for (var page = await _journal.ReadAsync(start, TimeSpan.Zero, default);
            page.Items.Count > 0;
            page = await _journal.ReadAsync(page.NextCursor, TimeSpan.Zero, default))
        {
            Assert.That(page.Items, Has.Count.LessThanOrEqualTo(EventJournal.PageItems));
            messages.AddRange(page.Items.Select(item => item.Message));
            kinds.AddRange(page.Items.Select(item => item.Kind));
        }

        Assert.That(kinds[0], Is.EqualTo("events-lost"));
        Assert.That(messages[0], Does.StartWith("10 events"));
        Assert.That(messages.Skip(1), Is.EqualTo(Enumerable.Range(10, EventJournal.Capacity).Select(i => $"{i}")));
    }

    [TestCase("")]
    [TestCase("nonsense")]
    [TestCase("abc.5")]
    public async Task The_cursor_of_another_run_is_noticed(string cursor)
    {
        _journal.Add("a", "info", "", "first");
        var page = await _journal.ReadAsync(cursor, TimeSpan.Zero, default);
        Assert.That(page.Items.Select(item => item.Kind), Is.EqualTo(["events-lost", "a"]));
    }

    [Test]
    public async Task A_wait_ends_with_its_reader()
    {
        using var gone = new CancellationTokenSource();
        var start = (await _journal.ReadAsync(null, TimeSpan.Zero, default)).NextCursor;
        var waiting = _journal.ReadAsync(start, TimeSpan.FromSeconds(30), gone.Token);
        await gone.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
    }
}
