using System.Net;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Uss.NfsFrontend.OncRpc;
using Uss.Runtime;

namespace Uss.Host.Serve;

/// <summary>Clients that go away are everyday life; those that break the protocol are told of, but not without end.</summary>
public sealed class NfsLogTests
{
    private readonly Entries _entries = new();

    [Test]
    public void OnlyMisuseIsAWarning()
    {
        using var logger = new LoggerConfiguration().MinimumLevel.Debug().WriteTo.Sink(_entries).CreateLogger();
        var log = new NfsLog(logger, TimeProvider.System);
        log.Dropped(Dropped("receiving failed: ECONNRESET", isMisuse: false));
        log.Dropped(Dropped("something came that is no call", isMisuse: true));
        Assert.That(_entries.All.Select(entry => entry.Level), Is.EqualTo([LogEventLevel.Debug, LogEventLevel.Warning]));
        Assert.That(_entries.All[1].RenderMessage(System.Globalization.CultureInfo.InvariantCulture), Does.Contain("192.0.2.1:700").And.Contain("no call"));
    }

    [Test]
    public void MisuseDoesNotFillTheLog()
    {
        using var logger = new LoggerConfiguration().WriteTo.Sink(_entries).CreateLogger();
        var log = new NfsLog(logger, TimeProvider.System);
        for (var i = 0; i < 1000; i++)
            log.Dropped(Dropped("something came that is no call", isMisuse: true));
        Assert.That(_entries.All, Has.Count.EqualTo(TargetLog.MostInAMinute + 1));
        Assert.That(_entries.All[^1].RenderMessage(System.Globalization.CultureInfo.InvariantCulture), Does.Contain("no more of them are logged"));
    }

    [SetUp]
    public void Forget() => _entries.All.Clear();

    private static DroppedConnection Dropped(string reason, bool isMisuse) =>
        new(new Endpoint(IPAddress.Parse("192.0.2.1"), 700), reason, isMisuse);

    private sealed class Entries : ILogEventSink
    {
        public List<LogEvent> All { get; } = [];

        public void Emit(LogEvent logEvent) => All.Add(logEvent);
    }
}
