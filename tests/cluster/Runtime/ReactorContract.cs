using Uss.Runtime.IoUring;
using Uss.Runtime.Threaded;
using Uss.TestSupport;

namespace Uss.Runtime.Tests;

/// <summary>Base of the tests that every reactor has to pass.</summary>
/// <param name="kind">Which one.</param>
[TestFixture("io_uring")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public abstract class ReactorContract(string kind)
{
    protected const long MillisecondNs = 1_000_000;

    protected Task Run(Func<Reactor, ValueTask> work) => ReactorTest.Run(Create, work);

    protected ThreadedReactor Create(ReactorOptions options)
    {
        Assert.That(kind, Is.EqualTo("io_uring"));
        var reactor = IoUringReactor.Create(options);
        Assert.That(reactor.Fault, Is.Null);
        return reactor.Value!;
    }
}
