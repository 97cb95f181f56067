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
    private const string ConsoleLine = "{Timestamp:HH:mm:ss} [{Level:u3}] {Message:lj}{NewLine}{Exception}";
    private const string FileLine = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff zzz} [{Level:u3}] {Message:lj}{NewLine}{Exception}";

    /// <summary>Marks entries whose text the command prints by itself: they go to the file alone.</summary>
    public const string PrintedProperty = "Printed";

    public static Logger Open(DataFolder folder) => new LoggerConfiguration()
        .MinimumLevel.Information()
        .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
        .WriteTo.Logger(console => console
            .Filter.ByExcluding(entry => entry.Properties.ContainsKey(PrintedProperty))
            .WriteTo.Console(outputTemplate: ConsoleLine, standardErrorFromLevel: LogEventLevel.Verbose))
        .WriteTo.File(
            Path.Combine(folder.LogFolder, "uss-.log"),
            outputTemplate: FileLine,
            rollingInterval: RollingInterval.Day,
            rollOnFileSizeLimit: true,
            fileSizeLimitBytes: FileBytes,
            retainedFileCountLimit: KeptFiles)
        .CreateLogger();
}
