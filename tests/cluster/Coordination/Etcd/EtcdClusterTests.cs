using System.Diagnostics;
using System.Text;
using Uss.Coordination.Etcd;
using Uss.Runtime;
using Uss.Runtime.Threaded;

namespace Uss.Coordination.Tests.Etcd;

/// <summary>Three members, of which some are killed, frozen and returned.</summary>
[TestFixture]
[Category("Full")]
public sealed class EtcdClusterTests
{
    private const int Counters = 4;

    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(60);

    private readonly List<ThreadedReactor> _reactors = [];
    private readonly List<EtcdCoordinationStore> _stores = [];
    private EtcdCluster _cluster = null!;

    [SetUp]
    public void SetUp()
    {
        _cluster = new EtcdCluster(3);
        for (var i = 0; i < 3; i++)
        {
            var reactor = ReactorFactory.Create(new ReactorOptions()).Value.Reactor;
            reactor.Start();
            _reactors.Add(reactor);

            // Each begins with another member.
            var endpoints = _cluster.Endpoints.Skip(i).Concat(_cluster.Endpoints.Take(i)).ToList();
            _stores.Add(Run(i, () => EtcdCoordinationStore.OpenAsync(new EtcdOptions { Endpoints = endpoints })).Value!);
        }
    }

    [TearDown]
    public void TearDown()
    {
        for (var i = 0; i < 3; i++)
        {
            Run(i, async () =>
            {
                await _stores[i].CloseAsync();
                return true;
            });
            _reactors[i].StopAsync().Wait();
        }

        _stores.Clear();
        _reactors.Clear();
        _cluster.Dispose();
    }

    [Test]
    public void No_update_is_lost_or_doubled_while_members_die_and_freeze()
    {
        var isOver = false;
        var counts = new int[2];
        var own = new int[2, Counters];
        var observed = Enumerable.Range(0, Counters).Select(_ => new List<string>()).ToArray();
        Run(2, () =>
        {
            _reactors[2].Spawn(ObserveAsync(_stores[2].Watch("counters/", 0), observed));
            return ValueTask.FromResult(true);
        });
        var clients = Enumerable.Range(0, 2).Select(client => _reactors[client].InvokeAsync(async () =>
        {
            for (var i = 0; !Volatile.Read(ref isOver); i++)
            {
                var counter = (i + client) % Counters;
                await IncrementAsync(_stores[client], client, counter, own[client, counter]++);
                Volatile.Write(ref counts[client], counts[client] + 1);
            }

            return true;
        })).ToArray();
        for (var round = 0; round < 3; round++)
        {
            AwaitProgress(counts);
            _cluster.Kill(round);
            AwaitProgress(counts);
            _cluster.Start(round);
            AwaitProgress(counts);
            _cluster.Freeze((round + 1) % 3, true);
            AwaitProgress(counts);
            _cluster.Freeze((round + 1) % 3, false);
        }

        AwaitProgress(counts);
        Volatile.Write(ref isOver, true);
        Assert.That(Task.WaitAll(clients, HangLimit));

        var total = 0;
        for (var i = 0; i < Counters; i++)
        {
            var read = Run(0, () => _stores[0].GetAsync(KeyOf(i)));
            var value = Read(read);
            total += value[0] + value[1];
            var steps = observed[i];
            Assert.That(Eventually(() => Volatile.Read(ref steps) is { } seen && Last(seen) == Text(value)), $"counter {i}: {Last(steps)}");

            // One of the two numbers grows by one, each time.
            int[] before = [0, 0];
            foreach (var step in steps)
            {
                var after = step.Split(' ').Select(int.Parse).ToArray();
                Assert.That(after.Sum() - before.Sum(), Is.EqualTo(1), $"counter {i}: {Text(before)} and then {step}");
                before = after;
            }
        }

        TestContext.Out.WriteLine($"{counts[0]} and {counts[1]} updates");
        Assert.That(total, Is.EqualTo(counts.Sum()));
    }

    [Test]
    public void Without_etcd_answers_come_in_time_and_with_it_the_same_store_works_again()
    {
        Commit(0, "a", "1");
        for (var i = 0; i < 3; i++)
            _cluster.Freeze(i, true);
        CheckOutOfReach();
        for (var i = 0; i < 3; i++)
        {
            _cluster.Freeze(i, false);
            _cluster.Kill(i);
        }

        CheckOutOfReach();
        _cluster.StartAll();
        Assert.That(Eventually(() => Commit(0, "a", "2") == CommitStatus.Applied));
        Assert.That(Run(0, () => _stores[0].GetAsync("a")).Entries[0].Value.ToArray(), Is.EqualTo("2"u8.ToArray()));
    }

    [Test]
    public void A_member_that_is_cut_off_from_the_others_is_passed_over()
    {
        // Alone it answers no linearizable read and takes no commit.
        _cluster.Kill(1);
        _cluster.Kill(2);
        CheckOutOfReach();
        _cluster.Start(1, waits: false);
        Assert.That(Eventually(() => Commit(0, "a", "1") == CommitStatus.Applied));
    }

    private static string KeyOf(int counter) => $"counters/{counter}";

    private static string Text(int[] value) => $"{value[0]} {value[1]}";

    private static string Last(List<string> steps)
    {
        lock (steps)
            return steps.Count == 0 ? "" : steps[^1];
    }

    private static int[] Read(CoordinationRead read) => read.Entries.Count == 0
        ? [0, 0]
        : [.. Encoding.UTF8.GetString(read.Entries[0].Value.Span).Split(' ').Select(int.Parse)];

    // Each client has a number of its own in each counter, so that it can see whether an unknown commit was applied.
    private static async ValueTask IncrementAsync(ICoordinationStore store, int client, int counter, int own)
    {
        while (true)
        {
            var read = await store.GetAsync(KeyOf(counter));
            if (!read.IsAvailable)
                continue;
            var value = Read(read);
            if (value[client] == own + 1)
                return;
            Invariant.Check(value[client] == own);
            value[client]++;
            var revision = read.Entries.Count == 0 ? 0 : read.Entries[0].ModifiedRevision;
            var commit = await store.CommitAsync(
                [new Condition(KeyOf(counter), revision)], [new Change(KeyOf(counter), Encoding.UTF8.GetBytes(Text(value)))]);
            if (commit.Status == CommitStatus.Applied)
                return;
        }
    }

    private static async ValueTask ObserveAsync(IWatch watch, List<string>[] observed)
    {
        while (true)
        {
            foreach (var change in (await watch.NextAsync()).Changes)
            {
                var steps = observed[change.Key[^1] - '0'];
                lock (steps)
                    steps.Add(Encoding.UTF8.GetString(change.Value!.Value.Span));
            }
        }
    }

    private static bool Eventually(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > HangLimit)
                return false;
            Thread.Sleep(10);
        }

        return true;
    }

    // Both clients go on, whatever was done to the members.
    private static void AwaitProgress(int[] counts)
    {
        int[] before = [Volatile.Read(ref counts[0]), Volatile.Read(ref counts[1])];
        Assert.That(
            Eventually(() => Volatile.Read(ref counts[0]) > before[0] + 20 && Volatile.Read(ref counts[1]) > before[1] + 20),
            "the clients do not go on");
    }

    private void CheckOutOfReach()
    {
        var clock = Stopwatch.StartNew();
        Assert.That(Run(0, () => _stores[0].GetAsync("a")).IsAvailable, Is.False);
        Assert.That(Commit(0, "a", "lost"), Is.EqualTo(CommitStatus.Unknown));
        Assert.That(Run(0, () => _stores[0].GrantLeaseAsync(1000)), Is.Null);

        // At most a second for each member and request, and a good deal of slack for a busy machine.
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)));
        Assert.That(_stores[0].LastFault?.Code, Is.EqualTo("etcd-unavailable"));
    }

    private CommitStatus Commit(int client, string key, string value) =>
        Run(client, () => _stores[client].CommitAsync([], [new Change(key, Encoding.UTF8.GetBytes(value))])).Status;

    private T Run<T>(int client, Func<ValueTask<T>> work) => _reactors[client].InvokeAsync(work).WaitAsync(HangLimit).GetAwaiter().GetResult();
}
