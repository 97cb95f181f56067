using Uss.Coordination;
using Uss.Coordination.Simulated;
using Uss.Runtime.Simulated;
using Uss.TestSupport;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>The key of NFS handles: one for all nodes and for ever.</summary>
public sealed class NfsHandleKeyTests
{
    [Test]
    public void Nodes_that_start_at_once_have_one_key([Range(1, 10)] int seed)
    {
        using var world = new SimulatedWorld((ulong)seed);
        var reactor = world.CreateReactor("n");
        var state = new CoordinationState();
        var faults = new SimulatedCoordinationFaults { MaximumDelayNs = 1_000_000 };
        var keys = world.Run(reactor, async () =>
        {
            var reads = Enumerable.Range(1, 4)
                .Select(_ => NfsHandleKey.ReadAsync(reactor, new SimulatedCoordinationStore(state, faults))).ToList();
            var found = new List<string>();
            foreach (var read in reads)
                found.Add(Convert.ToHexString((await read).Value.Span));
            return found;
        });
        Assert.That(keys.Distinct().Count(), Is.EqualTo(1));
        Assert.That(keys[0], Has.Length.EqualTo(2 * NfsHandleKey.Bytes).And.Not.EqualTo(new string('0', 2 * NfsHandleKey.Bytes)));
    }

    [Test]
    public Task What_is_no_key_is_named_and_not_shown() => ReactorTest.Run(async reactor =>
    {
        var store = new SimulatedCoordinationStore(new CoordinationState());
        await store.CommitAsync([], [new Change(RecordKeys.HandleKey, "\"c2VjcmV0\""u8.ToArray())]);
        var fault = (await NfsHandleKey.ReadAsync(reactor, store)).Fault;
        Assert.That(fault?.Code, Is.EqualTo("bad-record"));
        Assert.That(fault!.ToString(), Does.Contain(RecordKeys.HandleKey).And.Not.Contain("c2VjcmV0"));
    });

    [Test]
    public Task Without_an_answer_there_is_none([Values] bool isDown) => ReactorTest.Run(async reactor =>
    {
        var faults = new SimulatedCoordinationFaults { IsDown = isDown, LostAnswers = 1 };
        var store = new SimulatedCoordinationStore(new CoordinationState(), faults);
        Assert.That((await NfsHandleKey.ReadAsync(reactor, store)).Fault, Is.EqualTo(Faults.RecordsUnavailable));
    });
}
