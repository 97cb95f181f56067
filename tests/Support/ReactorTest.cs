using Uss.Runtime;
using Uss.Runtime.Threaded;

namespace Uss.TestSupport;

/// <summary>Runs a test's body on a real reactor and checks that it left nothing behind.</summary>
public static class ReactorTest
{
    // A test that hangs fails by this; it decides nothing else.
    private static readonly TimeSpan _hangLimit = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Runs <paramref name="work"/> on a new reactor of the default kind. Fails when it throws, when anything on the reactor
    /// throws, or when a buffer is still rented after it.
    /// </summary>
    public static Task Run(Func<Reactor, ValueTask> work) =>
        Run(options => ReactorFactory.Create(options).Value.Reactor, new ReactorOptions(), work);

    /// <summary>As <see cref="Run(Func{Reactor, ValueTask})"/>, on the reactor that <paramref name="create"/> makes.</summary>
    /// <param name="create">Makes the reactor; it is started and stopped here.</param>
    /// <param name="options">Options for it; seed, name and the observer of exceptions are set here.</param>
    /// <param name="work">The test's body.</param>
    public static async Task Run(Func<ReactorOptions, ThreadedReactor> create, ReactorOptions options, Func<Reactor, ValueTask> work)
    {
        var unhandled = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var reactor = create(options with { Name = "test", Seed = 1, OnUnhandledException = e => unhandled.TrySetException(e) });
        reactor.Start();
        try
        {
            var body = reactor.InvokeAsync(async () =>
            {
                await work(reactor);
                return reactor.Buffers.RentedBuffers;
            });
            var rented = await await Task.WhenAny(body, unhandled.Task).WaitAsync(_hangLimit);
            if (rented != 0)
                throw new InvalidOperationException($"{rented} buffers are still rented at the end of the test");
        }
        finally
        {
            await reactor.StopAsync().WaitAsync(_hangLimit);
        }

        if (unhandled.Task.IsFaulted)
            await unhandled.Task;
        if (reactor.Buffers.RentedBuffers != 0)
            throw new InvalidOperationException($"{reactor.Buffers.RentedBuffers} buffers are still rented after the reactor stopped");
    }
}
