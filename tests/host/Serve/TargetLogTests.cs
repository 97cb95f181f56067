using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Uss.Host.Serve;

/// <summary>What strangers can cause at will does not fill the log, and is not hidden either.</summary>
public sealed class TargetLogTests
{
    [Test]
    public void RefusedLoginsAreLimitedAndCounted()
    {
        var sink = new Lines();
        using var logger = new LoggerConfiguration().WriteTo.Sink(sink).CreateLogger();
        var time = new ManualTime();
        var log = new TargetLog(logger, time);
        for (var login = 0; login < 1000; login++)
            log.LoginRefused("iqn.2001-04.com.example:guess", "192.0.2.1:1", 0x0201, "wrong secret");
        Assert.That(sink.Texts.Count(text => text.Contains("wrong secret", StringComparison.Ordinal)), Is.EqualTo(TargetLog.MostInAMinute));
        Assert.That(sink.Texts[^1], Does.Contain("no more of them are logged"));

        time.Advance(TimeSpan.FromSeconds(61));
        log.LoginRefused("iqn.2001-04.com.example:guess", "192.0.2.1:1", 0x0201, "wrong secret");
        Assert.That(sink.Texts[^2], Does.Contain($"{1000 - TargetLog.MostInAMinute} more refused logins"));
        Assert.That(sink.Texts[^1], Does.Contain("wrong secret"));
    }

    private sealed class Lines : ILogEventSink
    {
        public List<string> Texts { get; } = [];

        public void Emit(LogEvent logEvent) => Texts.Add(logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture));
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}
