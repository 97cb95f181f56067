using Uss.Coordination.Simulated;
using Uss.Runtime.Simulated;

namespace Uss.Coordination.Tests.Simulated;

[TestFixture(0)]
[TestFixture(20_000_000)]
public sealed class SimulatedCoordinationStoreTests(long maximumDelayNs) : SharedCoordinationStoreContract
{
    private SimulatedWorld _world = null!;
    private SimulatedReactor _reactor = null!;
    private CoordinationState _state = null!;
    private int _incarnation;

    [SetUp]
    public void SetUp()
    {
        _world = new SimulatedWorld(7);
        _reactor = _world.CreateReactor("node");
        _state = new CoordinationState();
        Connect();
    }

    [TearDown]
    public void TearDown() => _world.Dispose();

    [Test]
    public void An_answer_that_is_lost_leaves_open_whether_the_commit_was_applied()
    {
        ((SimulatedCoordinationStore)Store).Faults.LostAnswers = 0.5;
        var applied = 0;
        for (var i = 0; i < 60; i++)
        {
            var key = string.Create(null, $"k{i}");
            var commit = Commit([], [Put(key, "1")]);
            var isThere = Get(key).Entries.Count == 1;
            Assert.That(isThere || commit.Status == CommitStatus.Unknown);
            if (isThere && commit.Status == CommitStatus.Unknown)
                applied++;
        }

        Assert.That(applied, Is.InRange(5, 30));
    }

    [Test]
    public void A_watch_with_gaps_ends_at_the_present_state()
    {
        var faults = ((SimulatedCoordinationStore)Store).Faults;
        faults.WatchGaps = 0.3;
        faults.MaximumCommitNs = 5_000_000;
        var seen = Run(async () =>
        {
            using var watch = Store.Watch("w/", 0);
            var held = new SortedDictionary<string, string>(StringComparer.Ordinal);
            CoordinationCommit last = default;
            for (var i = 0; i < 200; i++)
            {
                var key = "w/" + Number(i * 7 % 11);
                last = await Store.CommitAsync([], [i % 3 == 0 ? Delete(key) : Put(key, Number(i)), Put("w/last", Number(i))]);
            }

            for (var revision = 0L; revision < last.Revision;)
            {
                var batch = await watch.NextAsync();
                Assert.That(batch.Revision, Is.GreaterThan(revision));
                Assert.That(batch.IsWhole, Is.False);
                revision = batch.Revision;
                foreach (var change in batch.Changes)
                {
                    if (change.Value is { } value)
                        held[change.Key] = Text(value);
                    else
                        Assert.That(held.Remove(change.Key), change.Key);
                }
            }

            return held;
        });
        var present = Run(() => Store.ListAsync("w/")).Entries;
        Assert.That(seen, Is.EqualTo(present.ToDictionary(entry => entry.Key, entry => Text(entry.Value))));
    }

    [Test]
    public void A_lease_may_be_lost_and_may_live_longer_than_its_period()
    {
        var faults = ((SimulatedCoordinationStore)Store).Faults;
        faults.MaximumLeaseExtensionNs = 50_000_000_000;
        var lease = Grant();
        Commit([], [Put("a", "1") with { Lease = lease }]);
        PassTime(LeaseTtlMs);
        Assert.That(Get("a").Entries, Is.Not.Empty);
        faults.LostLeases = 1;
        Assert.That(Keep(lease), Is.EqualTo(LeaseStatus.Ended));
        Assert.That(Get("a").Entries, Is.Empty);
    }

    private protected override T Run<T>(Func<ValueTask<T>> work) => _world.Run(_reactor, work);

    private protected override void Reopen()
    {
        _world.Crash(_reactor);
        _reactor = _world.CreateReactor(string.Create(null, $"node{++_incarnation}"));
        Connect();
    }

    private protected override void PassTime(int ms) => _world.RunFor(ms * 1_000_000L);

    private protected override void CutOff() => ((SimulatedCoordinationStore)Store).Faults.IsDown = true;

    private protected override void Return() => ((SimulatedCoordinationStore)Store).Faults.IsDown = false;

    private protected override void Compact(long revision) => _state.Compact(revision);

    private void Connect()
    {
        Store = NewConnection();
        Other = NewConnection();
    }

    private SimulatedCoordinationStore NewConnection() =>
        new(_state, new SimulatedCoordinationFaults { MaximumDelayNs = maximumDelayNs });
}
