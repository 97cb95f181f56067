using System.Text;
using Uss.Coordination.Simulated;
using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Coordination.Tests;

[TestFixture]
public sealed class ElectionTests
{
    private const string Key = "leaders/test";
    private const int TtlMs = 2000;
    private const long Second = 1_000_000_000;

    private SimulatedWorld _world = null!;
    private CoordinationState _state = null!;

    [SetUp]
    public void SetUp() => Begin(1);

    [TearDown]
    public void TearDown() => _world.Dispose();

    [Test]
    public void The_first_leads_and_the_next_follows_when_it_resigns()
    {
        var first = NewCandidate("first");
        var second = NewCandidate("second");
        Assert.That(_world.Run(first.Reactor, first.Election.CampaignAsync));
        var standing = _world.Start(second.Reactor, second.Election.CampaignAsync);
        _world.RunFor(10 * Second);
        Assert.That(first.Election.IsLeader, "it keeps its lease");
        Assert.That(standing.IsDone, Is.False);
        var resignedNs = _world.NowNs;
        _world.Run(first.Reactor, first.Election.ResignAsync);
        Assert.That(first.Election.IsLeader, Is.False);
        Assert.That(_world.RunUntil(() => standing.IsDone, Second));
        Assert.That(second.Election.IsLeader);
        Assert.That(_world.NowNs - resignedNs, Is.LessThan(Second / 2));
    }

    [Test]
    public void A_leader_that_dies_is_followed_after_its_lease()
    {
        var first = NewCandidate("first");
        var second = NewCandidate("second");
        _world.Run(first.Reactor, first.Election.CampaignAsync);
        var standing = _world.Start(second.Reactor, second.Election.CampaignAsync);
        _world.RunFor(5 * Second);
        _world.Crash(first.Reactor);
        Assert.That(_world.RunUntil(() => standing.IsDone, 3 * Second));
        Assert.That(second.Election.IsLeader);
    }

    [Test]
    public void A_leader_that_is_cut_off_knows_that_it_leads_no_more()
    {
        var first = NewCandidate("first");
        _world.Run(first.Reactor, first.Election.CampaignAsync);
        var lost = _world.Start(first.Reactor, LostAsync(first.Election));
        first.Store.Faults.IsDown = true;
        _world.RunFor(Second);
        Assert.That(lost.IsDone, Is.False);
        Assert.That(_world.RunUntil(() => lost.IsDone, 2 * Second));
        Assert.That(first.Election.IsLeader, Is.False);
        first.Store.Faults.IsDown = false;
        Assert.That(_world.Run(first.Reactor, first.Election.CampaignAsync), "it may stand again");
    }

    [Test]
    public void What_a_former_leader_commits_is_not_applied()
    {
        var first = NewCandidate("first");
        _world.Run(first.Reactor, first.Election.CampaignAsync);
        var fence = first.Election.Fence;
        Assert.That(Commit(first, fence).Status, Is.EqualTo(CommitStatus.Applied));
        first.Store.Faults.IsDown = true;
        _world.RunFor(5 * Second);
        first.Store.Faults.IsDown = false;
        var second = NewCandidate("second");
        _world.Run(second.Reactor, second.Election.CampaignAsync);
        Assert.That(Commit(first, fence).Status, Is.EqualTo(CommitStatus.Conflict));
        Assert.That(Commit(second, second.Election.Fence).Status, Is.EqualTo(CommitStatus.Applied));
    }

    [Test]
    public void A_leader_whose_key_is_deleted_is_deposed()
    {
        var first = NewCandidate("first");
        _world.Run(first.Reactor, first.Election.CampaignAsync);
        var lost = _world.Start(first.Reactor, LostAsync(first.Election));
        _world.Run(first.Reactor, () => first.Store.CommitAsync([], [new Change(Key, null)]));
        Assert.That(_world.RunUntil(() => lost.IsDone, 2 * Second));
    }

    [Test]
    public void Who_resigns_while_standing_is_not_elected_later()
    {
        var first = NewCandidate("first");
        var second = NewCandidate("second");
        _world.Run(first.Reactor, first.Election.CampaignAsync);
        var standing = _world.Start(second.Reactor, second.Election.CampaignAsync);
        _world.RunFor(Second);
        _world.Run(second.Reactor, second.Election.ResignAsync);
        Assert.That(_world.RunUntil(() => standing.IsDone, Second));
        Assert.That(standing.Result, Is.False);
        _world.Run(first.Reactor, first.Election.ResignAsync);
        _world.RunFor(5 * Second);
        Assert.That(_world.Run(first.Reactor, () => first.Store.GetAsync(Key)).Entries, Is.Empty);
    }

    [Test]
    public void An_observer_sees_each_leader()
    {
        var first = NewCandidate("first");
        var second = NewCandidate("second");
        _world.Run(first.Reactor, first.Election.CampaignAsync);
        var observer = _world.CreateReactor("observer");
        var seen = new List<string>();
        _world.Start(observer, async () =>
        {
            using var leaders = Election.Observe(NewStore(), Key);
            while (true)
                seen.Add(await leaders.NextAsync() is { } leader ? Encoding.UTF8.GetString(leader.Span) : "nobody");
#pragma warning disable CS0162 // It observes to the end of the world.
            return true;
#pragma warning restore CS0162
        });
        _world.Start(second.Reactor, second.Election.CampaignAsync);
        _world.RunFor(Second);
        _world.Run(first.Reactor, first.Election.ResignAsync);
        _world.RunFor(Second);
        _world.Crash(second.Reactor);
        _world.RunFor(5 * Second);
        Assert.That(seen, Is.EqualTo(["first", "nobody", "second", "nobody"]));
    }

    [Test]
    public void There_are_never_two_leaders_and_always_one_in_the_end([Range(1, 40)] int seed)
    {
        Begin((ulong)seed);
        var random = _world.Stream("faults");
        var candidates = Enumerable.Range(0, 3).Select(i => NewCandidate("node" + i)).ToList();
        foreach (var candidate in candidates)
        {
            candidate.Store.Faults.MaximumDelayNs = random.Next(2) == 0 ? 20_000_000 : Second;
            _world.Start(candidate.Reactor, () => StandForeverAsync(candidate.Election));
        }

        var elections = 0;
        Candidate? last = null;
        var disturbNs = 0L;
        for (var untilNs = _world.NowNs + (300 * Second); _world.NowNs < untilNs;)
        {
            _world.Step();
            var leaders = candidates.Where(candidate => candidate.Election.IsLeader).ToList();
            Assert.That(leaders, Has.Count.LessThan(2));
            var leader = leaders.SingleOrDefault();
            if (leader is not null && leader != last)
                elections++;
            last = leader;

            if (_world.NowNs < disturbNs)
                continue;
            disturbNs = _world.NowNs + random.Next(5 * Second);
            Disturb(candidates[random.Next(3)].Store.Faults, random);
        }

        Assert.That(elections, Is.GreaterThan(1));
        foreach (var candidate in candidates)
        {
            candidate.Store.Faults.IsDown = false;
            candidate.Store.Faults.LostAnswers = 0;
            candidate.Store.Faults.MaximumDelayNs = 1_000_000;
        }

        Assert.That(_world.RunUntil(() => candidates.Any(candidate => candidate.Election.IsLeader), 60 * Second));
    }

    private static void Disturb(SimulatedCoordinationFaults faults, SeededRandom random)
    {
        faults.IsDown = random.Next(3) == 0;
        faults.LostAnswers = random.Next(2) == 0 ? 0.3 : 0;
        faults.MaximumLeaseExtensionNs = random.Next(2) == 0 ? 3 * Second : 0;
    }

    private static async ValueTask<bool> StandForeverAsync(Election election)
    {
        while (true)
        {
            await election.CampaignAsync();
            await election.LostAsync();
        }
    }

    private static Func<ValueTask<bool>> LostAsync(Election election) => async () =>
    {
        await election.LostAsync();
        return true;
    };

    private void Begin(ulong seed)
    {
        _world = new SimulatedWorld(seed);
        _state = new CoordinationState();
    }

    private CoordinationCommit Commit(Candidate candidate, Condition fence) =>
        _world.Run(candidate.Reactor, () => candidate.Store.CommitAsync([fence], [new Change("work", "x"u8.ToArray())]));

    private Candidate NewCandidate(string name)
    {
        var reactor = _world.CreateReactor(name);
        var store = NewStore();
        var election = _world.Run(reactor, () => ValueTask.FromResult(new Election(store, Key, Encoding.UTF8.GetBytes(name), TtlMs)));
        return new Candidate(reactor, store, election);
    }

    private SimulatedCoordinationStore NewStore() => new(_state, new SimulatedCoordinationFaults { MaximumDelayNs = 5_000_000 });

    private sealed record Candidate(SimulatedReactor Reactor, SimulatedCoordinationStore Store, Election Election);
}
