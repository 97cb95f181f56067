using System.Net;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.TestSupport;

namespace Uss.Replication.Rpc.Tests;

/// <summary>Base of the tests that run on every reactor, the simulated one too.</summary>
/// <param name="kind">Which one.</param>
[TestFixture("io_uring")]
[TestFixture("portable")]
[TestFixture("simulated")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public abstract class RpcContract(string kind)
{
    protected const long MillisecondNs = 1_000_000;
    protected const long SecondNs = 1_000_000_000;

    protected static Endpoint Loopback { get; } = new(IPAddress.Loopback, 0);

    protected bool IsSimulated { get; } = kind == "simulated";

    /// <summary>Runs a test's body on a reactor of this kind; nothing may be left of it.</summary>
    protected Task Run(Func<Reactor, ValueTask> work)
    {
        if (!IsSimulated)
        {
            return ReactorTest.Run(
                options =>
                {
                    var choice = ReactorFactory.Create(options, kind);
                    Assert.That(choice.Fault, Is.Null);
                    return choice.Value.Reactor;
                },
                new ReactorOptions(),
                work);
        }

        using var world = new SimulatedWorld(1);
        var reactor = world.CreateReactor("node");
        world.Run(reactor, () => work(reactor));
        Assert.That(reactor.Buffers.RentedBuffers, Is.Zero);
        return Task.CompletedTask;
    }
}
