using Uss.Runtime;

namespace Uss.Coordination.Tests;

[TestFixture]
public sealed class CommitLimitsTests
{
    [Test]
    public void A_commit_within_the_limits_passes() => CommitLimits.Check(
        [.. Enumerable.Range(0, CommitLimits.MaximumOperations).Select(i => new Condition("k" + i, 0))],
        [.. Enumerable.Range(0, CommitLimits.MaximumOperations).Select(i => new Change("k" + i, new byte[1000]))]);

    [Test]
    public void Too_many_operations_are_a_programming_error()
    {
        var keys = Enumerable.Range(0, CommitLimits.MaximumOperations + 1).Select(i => "k" + i).ToList();
        Refuse([], [.. keys.Select(key => new Change(key, null))]);
        Refuse([.. keys.Select(key => new Condition(key, 0))], []);
    }

    [Test]
    public void A_key_twice_is_a_programming_error() => Refuse([], [new Change("a", new byte[1]), new Change("a", null)]);

    [Test]
    public void Too_many_bytes_are_a_programming_error() => Refuse([], [new Change("a", new byte[CommitLimits.MaximumBytes])]);

    [Test]
    public void A_lease_without_a_value_is_a_programming_error() => Refuse([], [new Change("a", null, 7)]);

    private static void Refuse(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes) =>
        Assert.That(() => CommitLimits.Check(conditions, changes), Throws.InstanceOf<InvariantException>());
}
