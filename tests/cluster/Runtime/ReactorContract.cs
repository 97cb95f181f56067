using Uss.Runtime.Threaded;
using Uss.TestSupport;

namespace Uss.Runtime.Tests;

/// <summary>Base of the tests that every reactor has to pass.</summary>
/// <param name="kind">Which one.</param>
[TestFixture("io_uring")]
[TestFixture("portable")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public abstract class ReactorContract(string kind)
{
    protected const long MillisecondNs = 1_000_000;

    protected Task Run(Func<Reactor, ValueTask> work) => ReactorTest.Run(Create, work);

    protected ThreadedReactor Create(ReactorOptions options)
    {
        var choice = ReactorFactory.Create(options, kind);
        Assert.That(choice.Fault, Is.Null);
        return choice.Value.Reactor;
    }
}
