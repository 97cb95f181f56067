using System.Diagnostics;
using System.Net.Sockets;

namespace Uss.Benchmarks.Rig.Nfs;

/// <summary><c>uss bench files</c>: how much memory a file system with very many files takes, and how fast it still is.</summary>
internal static class FilesBenchmark
{
    private const int FilesInDirectory = 10_000;
    private const int Depth = 64;
    private const int Lookups = 200_000;
    private const string DiskSize = "40G";

    // What a node holds without any files, its cache of 64 MiB for a file system included, with half of that for what it does at the time.
    private const double MemoryBarMiB = 512;

    public static Task<int> RunAsync(string[] arguments)
    {
        if (RigOptions.Parse("files", arguments) is not { } options)
            return Task.FromResult(BenchmarkProgram.BadUsage);
        try
        {
            return Task.FromResult(Run(options));
        }
        catch (Exception exception) when (exception is BenchmarkException or SocketException)
        {
            Console.Error.WriteLine(exception.Message);
            return Task.FromResult(1);
        }
    }

    private static int Run(RigOptions options)
    {
        var directories = Math.Max(1, options.Files / FilesInDirectory);
        var files = directories * FilesInDirectory;
        using var server = new UssNfsServer(options.Folder, DiskSize);
        var rows = new List<string[]> { Row(server, "started", "") };
        using (var client = new NfsClient(server))
        {
            var time = client.MakeFiles(directories, FilesInDirectory, Depth, made =>
            {
                if (made * 10 % files < 10 * FilesInDirectory)
                    Console.WriteLine($"{made:N0} files: {MiB(server).Now:F0} MiB");
            });
            rows.Add(Row(server, $"{files:N0} files made in {directories:N0} directories", PerSecond(files / time.TotalSeconds)));
            rows.Add(LookUp(server, client, directories, "random LOOKUP"));
        }

        server.Kill();
        rows.Add(Row(server, "ready after SIGKILL", Report.Figure(server.Start().TotalSeconds, 1) + " s"));
        using (var client = new NfsClient(server))
            rows.Add(LookUp(server, client, directories, "random LOOKUP after that"));
        var clock = Stopwatch.StartNew();
        server.Command("fs", "check", "default");
        rows.Add(Row(server, "`uss fs check`", Report.Figure(clock.Elapsed.TotalSeconds, 0) + " s"));
        var highest = MiB(server).Highest;
        rows.Add(["bar", "", "", Report.Figure(MemoryBarMiB, 0)]);
        var text = Report.Table(["", "rate or time", "resident MiB", "highest MiB"], rows) + "\n"
            + Report.Host($"./uss bench files --files {options.Files}") + ".\n";
        Console.WriteLine("\n" + text);
        if (options.UpdatesReadme)
            Report.UpdateReadme("files", text);
        return options.ChecksBars && highest > MemoryBarMiB ? 1 : 0;
    }

    private static string[] LookUp(UssNfsServer server, NfsClient client, int directories, string what)
    {
        var result = client.LookUpAnywhere(directories, FilesInDirectory, Depth, Lookups);
        return Row(server, what, PerSecond(result.PerSecond));
    }

    private static string[] Row(UssNfsServer server, string what, string rate)
    {
        var (now, highest) = MiB(server);
        return [what, rate, Report.Figure(now, 0), Report.Figure(highest, 0)];
    }

    private static string PerSecond(double rate) => Report.Figure(rate, 0) + "/s";

    private static (double Now, double Highest) MiB(UssNfsServer server)
    {
        var (now, highest) = ProcessMeter.Memory(server.ProcessId);
        return (now / (double)(1 << 20), highest / (double)(1 << 20));
    }
}
