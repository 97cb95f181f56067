using Uss.Coordination.Simulated;
using Uss.Runtime.Simulated;

namespace Uss.Coordination.Tests.Simulated;

[TestFixture(0)]
[TestFixture(20_000_000)]
public sealed class SimulatedCoordinationStoreTests(long maximumDelayNs) : CoordinationStoreContract
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
    public void A_store_that_is_down_answers_nothing()
    {
        ((SimulatedCoordinationStore)Store).Faults.IsDown = true;
        Assert.That(Get("a").IsAvailable, Is.False);
        Assert.That(Commit([], [Put("a", "1")]).Status, Is.EqualTo(CommitStatus.Unknown));
        ((SimulatedCoordinationStore)Store).Faults.IsDown = false;
        Assert.That(Get("a").Entries, Is.Empty);
    }

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

    private protected override T Run<T>(Func<ValueTask<T>> work) => _world.Run(_reactor, work);

    private protected override void Reopen()
    {
        _world.Crash(_reactor);
        _reactor = _world.CreateReactor(string.Create(null, $"node{++_incarnation}"));
        Connect();
    }

    private void Connect() =>
        Store = new SimulatedCoordinationStore(_state, new SimulatedCoordinationFaults { MaximumDelayNs = maximumDelayNs });
}
