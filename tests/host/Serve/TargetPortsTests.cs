using System.Text;
using Uss.Coordination;
using Uss.Coordination.Simulated;
using Uss.Runtime.Simulated;
using Uss.TestSupport;

namespace Uss.Host.Serve;

/// <summary>Numbers of target ports: one a node, for good.</summary>
public sealed class TargetPortsTests
{
    [Test]
    public Task Each_node_has_a_number_of_its_own_and_keeps_it() => ReactorTest.Run(async _ =>
    {
        var store = new SimulatedCoordinationStore(new CoordinationState());
        foreach (var (node, number) in new[] { ("n1", 1), ("n2", 2), ("n3", 3), ("n2", 2), ("n1", 1), ("n", 4) })
            Assert.That(await TargetPorts.ClaimAsync(store, node), Is.EqualTo(number), node);
    });

    [Test]
    public Task The_lowest_number_that_is_free_is_given() => ReactorTest.Run(async _ =>
    {
        var store = new SimulatedCoordinationStore(new CoordinationState());
        await store.CommitAsync([], [Port("1", "a"), Port("2", "b"), Port("4", "c"), Port("other", "n1")]);
        Assert.That(await TargetPorts.ClaimAsync(store, "n1"), Is.EqualTo(3));
        Assert.That(await TargetPorts.ClaimAsync(store, "n2"), Is.EqualTo(5));
        await store.CommitAsync([], [new Change("target-ports/2", null)]);
        Assert.That(await TargetPorts.ClaimAsync(store, "n3"), Is.EqualTo(2));
    });

    [Test]
    public void Nodes_that_start_at_once_get_different_numbers([Range(1, 20)] int seed)
    {
        using var world = new SimulatedWorld((ulong)seed);
        var reactor = world.CreateReactor("n");
        var state = new CoordinationState();
        var faults = new SimulatedCoordinationFaults { MaximumDelayNs = 1_000_000 };
        var numbers = world.Run(reactor, async () =>
        {
            var claims = Enumerable.Range(1, 8)
                .Select(node => TargetPorts.ClaimAsync(new SimulatedCoordinationStore(state, faults), $"n{node}")).ToList();
            var claimed = new List<int?>();
            foreach (var claim in claims)
                claimed.Add(await claim);
            return claimed;
        });
        Assert.That(numbers, Is.EquivalentTo(Enumerable.Range(1, 8)));
    }

    [Test]
    public Task Without_an_answer_there_is_no_number([Values] bool isDown) => ReactorTest.Run(async _ =>
    {
        var faults = new SimulatedCoordinationFaults { IsDown = isDown, LostAnswers = 1 };
        Assert.That(await TargetPorts.ClaimAsync(new SimulatedCoordinationStore(new CoordinationState(), faults), "n1"), Is.Null);
    });

    [Test]
    public Task There_are_65535_of_them() => ReactorTest.Run(async _ =>
    {
        var store = new SimulatedCoordinationStore(new CoordinationState());
        foreach (var batch in Enumerable.Range(1, 65534).Chunk(CommitLimits.MaximumOperations))
            await store.CommitAsync([], [.. batch.Select(number => Port($"{number}", "old"))]);
        Assert.That(await TargetPorts.ClaimAsync(store, "n1"), Is.EqualTo(65535));
        Assert.That(await TargetPorts.ClaimAsync(store, "n2"), Is.Null);
    });

    private static Change Port(string number, string node) => new("target-ports/" + number, Encoding.UTF8.GetBytes($"\"{node}\""));
}
