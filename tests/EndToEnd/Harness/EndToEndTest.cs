using Uss.EndToEnd.Iscsi;

namespace Uss.EndToEnd.Harness;

/// <summary>
/// A test with a sandbox and a folder of its own. Its time limit (<c>[CancelAfter]</c>) ends the sandbox, and so whatever
/// the test waits for; a failure shows the last words of the services that it started.
/// </summary>
[Category("Full")]
public abstract class EndToEndTest
{
    private readonly List<UssService> _services = [];
    private CancellationTokenRegistration _limit;

    private protected Sandbox Sandbox { get; private set; } = null!;

    private protected TemporaryFolder Folder { get; private set; } = null!;

    [SetUp]
    public void CreateSandbox()
    {
        Folder = new TemporaryFolder();
        Sandbox = new Sandbox();
        var sandbox = Sandbox;
        _limit = TestContext.CurrentContext.CancellationToken.Register(sandbox.Dispose);
    }

    [TearDown]
    public void RemoveSandbox()
    {
        _limit.Dispose();
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
        {
            foreach (var service in _services)
                TestContext.Out.WriteLine($"--- last words of the service on {service.DataFolder}:\n{Tail(service.Output, 60)}");
        }

        foreach (var service in _services)
            service.Dispose();
        _services.Clear();
        Sandbox.Dispose();
        Folder.Dispose();
    }

    /// <summary>A service on the test's own folder, not started yet. Two sparse disks unless the options say otherwise.</summary>
    private protected UssService NewService(string address = "127.0.0.1", params string[] options)
    {
        var service = new UssService(Sandbox, Folder["data"], address, options);
        _services.Add(service);
        return service;
    }

    /// <summary>A service that is ready.</summary>
    private protected UssService StartService(string address = "127.0.0.1", params string[] options)
    {
        var service = NewService(address, options);
        service.Start();
        return service;
    }

    /// <summary>Runs code in a session of libiscsi.</summary>
    private protected void InSession(UssService service, int lun, Action<LibiscsiSession> work, string initiator = "tester", uint? number = null) =>
        Sandbox.RunInNetwork(() =>
        {
            using var session = LibiscsiSession.Connect(
                service.Portal, UssService.TargetIqn, lun, "iqn.2026-11.local.uss.test:" + initiator, number);
            work(session);
            session.Logout();
        }).GetAwaiter().GetResult();

    /// <summary>Waits until a condition holds; fails the test with the message when it does not within the limit.</summary>
    private protected static void Eventually(TimeSpan limit, Func<bool> condition, Func<string> message)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > limit)
                Assert.Fail(message());
            Thread.Sleep(50);
        }
    }

    private static string Tail(string text, int lines) => string.Join('\n', text.TrimEnd().Split('\n').TakeLast(lines));
}
