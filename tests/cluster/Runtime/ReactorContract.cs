using System.Net;
using Uss.Runtime.IoUring;
using Uss.Runtime.Simulated;
using Uss.Runtime.Threaded;
using Uss.TestSupport;

namespace Uss.Runtime.Tests;

/// <summary>Base of the tests that every reactor has to pass, the simulated one too.</summary>
/// <param name="kind">Which one.</param>
[TestFixture("io_uring")]
[TestFixture("io_uring of old kernels")]
[TestFixture("portable")]
[TestFixture("simulated")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public abstract class ReactorContract(string kind)
{
    protected const long MillisecondNs = 1_000_000;

    protected static Endpoint Loopback { get; } = new(IPAddress.Loopback, 0);

    /// <summary>Runs a test's body on a reactor of this kind; nothing may be left of it.</summary>
    protected Task Run(Func<Reactor, ValueTask> work) => Run(new ReactorOptions(), work);

    protected Task Run(ReactorOptions options, Func<Reactor, ValueTask> work)
    {
        if (kind != "simulated")
            return ReactorTest.Run(changed => RealReactors.Create(kind, changed), options, work);
        using var world = new SimulatedWorld(1);
        var reactor = world.CreateReactor("node");
        world.Run(reactor, () => work(reactor));
        Assert.That(reactor.Buffers.RentedBuffers, Is.Zero);
        return Task.CompletedTask;
    }
}

/// <summary>Base of the tests of the reactors that have a thread.</summary>
/// <param name="kind">Which one.</param>
[TestFixture("io_uring")]
[TestFixture("io_uring of old kernels")]
[TestFixture("portable")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public abstract class RealReactorContract(string kind)
{
    protected const long MillisecondNs = 1_000_000;

    protected static Endpoint Loopback { get; } = new(IPAddress.Loopback, 0);

    protected Task Run(Func<Reactor, ValueTask> work) => Run(new ReactorOptions(), work);

    protected Task Run(ReactorOptions options, Func<Reactor, ValueTask> work) => ReactorTest.Run(Create, options, work);

    protected ThreadedReactor Create(ReactorOptions options) => RealReactors.Create(kind, options);
}

internal static class RealReactors
{
    internal static ThreadedReactor Create(string kind, ReactorOptions options)
    {
        if (kind == "io_uring of old kernels")
            return IoUringReactor.Create(options, isModern: false).Value!;
        var choice = ReactorFactory.Create(options, kind);
        Assert.That(choice.Fault, Is.Null);
        return choice.Value.Reactor;
    }
}
