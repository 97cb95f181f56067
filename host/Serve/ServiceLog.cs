using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Uss.Host.Serve;

/// <summary>The service's log: standard error for whoever watches, and rolling files in the data folder.</summary>
internal static class ServiceLog
{
    // Two weeks of days, a day in pieces of 32 MiB: bounded whatever happens.
    private const int KeptFiles = 30;
    private const int FileBytes = 32 << 20;
    private const string Line = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff zzz} [{Level:u3}] {Message:lj}{NewLine}{Exception}";

    public static Logger Open(DataFolder folder) => new LoggerConfiguration()
        .MinimumLevel.Information()
        .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
        .WriteTo.Console(
            outputTemplate: "{Timestamp:HH:mm:ss} [{Level:u3}] {Message:lj}{NewLine}{Exception}",
            standardErrorFromLevel: LogEventLevel.Verbose)
        .WriteTo.File(
            Path.Combine(folder.LogFolder, "uss-.log"),
            outputTemplate: Line,
            rollingInterval: RollingInterval.Day,
            rollOnFileSizeLimit: true,
            fileSizeLimitBytes: FileBytes,
            retainedFileCountLimit: KeptFiles)
        .CreateLogger();
}
