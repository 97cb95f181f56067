using Uss.Runtime.IoUring;
using Uss.Runtime.Portable;

namespace Uss.Runtime.Tests;

public sealed class ReactorFactoryTests
{
    [Test]
    public async Task The_environment_decides_the_kind()
    {
        var portable = ReactorFactory.Create(new ReactorOptions(), "portable");
        Assert.That(portable.Value.Reactor, Is.InstanceOf<PortableReactor>());
        Assert.That(portable.Value.Warning, Is.Null);
        await portable.Value.Reactor.StopAsync();

        var ring = ReactorFactory.Create(new ReactorOptions(), "io_uring");
        Assert.That(ring.Value.Reactor, Is.InstanceOf<IoUringReactor>());
        await ring.Value.Reactor.StopAsync();

        var best = ReactorFactory.Create(new ReactorOptions(), null);
        Assert.That(best.Value.Reactor, Is.InstanceOf<IoUringReactor>());
        Assert.That(best.Value.Warning, Is.Null);
        await best.Value.Reactor.StopAsync();

        Assert.That(ReactorFactory.Create(new ReactorOptions(), "epoll").Fault?.Code, Is.EqualTo("reactor-unknown"));
    }

    [Test]
    public async Task A_ring_that_the_kernel_refuses_gives_way_to_portable_with_a_warning()
    {
        // No kernel makes a ring without entries.
        var refused = new ReactorOptions { SubmissionEntries = 0 };
        var choice = ReactorFactory.Create(refused, null);
        Assert.That(choice.Value.Reactor, Is.InstanceOf<PortableReactor>());
        Assert.That(choice.Value.Warning, Does.Contain("io_uring").And.Contain("portable"));
        await choice.Value.Reactor.StopAsync();
        Assert.That(ReactorFactory.Create(refused, "io_uring").Fault?.Code, Is.EqualTo("io-uring-unavailable"));
    }
}
