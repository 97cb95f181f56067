using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Uss.Coordination.Etcd;
using Uss.Runtime;

namespace Uss.Host.Cluster;

/// <summary>How etcd is run for a cluster on one machine: one member, on loopback.</summary>
internal static class EtcdServer
{
    public const int DefaultPort = 2379;
    public const int DefaultPeerPort = 2380;

    /// <summary>
    /// How often etcd gives a quiet watch a sign of life, as its command line has it: shorter than the silence after which a watch
    /// takes its stream for dead (<see cref="EtcdOptions.WatchSilenceMs"/>).
    /// </summary>
    public const string WatchProgressInterval = "2s";

    public static readonly Fault Missing = new(
        "etcd-missing",
        "A cluster keeps its state in etcd, and there is no program 'etcd'.",
        "Install it: apt-get install --no-install-recommends etcd-server (`./run --nodes N` does so by itself).");

    /// <summary>URL for clients.</summary>
    public static Uri UrlOf(ClusterLayout layout) => new(Url(layout.EtcdPort));

    /// <summary>The command line.</summary>
    public static IEnumerable<string> Command(ClusterFolder folder, ClusterLayout layout) =>
    [
        "etcd",
        "--name", "local",
        "--data-dir", folder.EtcdFolder,
        "--listen-client-urls", Url(layout.EtcdPort),
        "--advertise-client-urls", Url(layout.EtcdPort),
        "--listen-peer-urls", Url(layout.EtcdPeerPort),
        "--initial-advertise-peer-urls", Url(layout.EtcdPeerPort),
        "--initial-cluster", $"local={Url(layout.EtcdPeerPort)}",

        // Alone it waits for nobody: half a second of election would only delay the start.
        "--heartbeat-interval", "50",
        "--election-timeout", "500",

        "--experimental-watch-progress-notify-interval", WatchProgressInterval,
        "--auto-compaction-mode", "revision",
        "--auto-compaction-retention", "10000",
        "--logger", "zap",
        "--log-level", "warn",
        "--log-outputs", folder.EtcdLog,
    ];

    /// <summary>True when it answers a read.</summary>
    public static async Task<bool> IsReadyAsync(ClusterLayout layout)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(1) };
        using var content = new StringContent("""{"key":"AA=="}""");
        try
        {
            using var response = await client.PostAsync(new Uri(UrlOf(layout), "/v3/kv/range"), content);
            return response.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <summary>The wanted port of 127.0.0.1 when it is free, else any that is.</summary>
    /// <param name="wanted">The port to try first.</param>
    /// <param name="taken">A port that is not to be given, though it is free.</param>
    public static int FreePort(int wanted, int taken = 0)
    {
        while (true)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, wanted);
                listener.Start();
                var port = ((IPEndPoint)listener.LocalEndpoint).Port;
                if (port != taken)
                    return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }

            wanted = 0;
        }
    }

    private static string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
}
