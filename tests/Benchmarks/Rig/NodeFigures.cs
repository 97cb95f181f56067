using System.Net.Sockets;
using System.Text.Json;

namespace Uss.Benchmarks.Rig;

/// <summary>What a node's management API says of its cluster, asked without a process of its own: it would cost more than the answer.</summary>
/// <param name="Groups">Placement groups.</param>
/// <param name="HealthyGroups">Of these, with all copies.</param>
/// <param name="RecoveringGroups">With a disk that catches up.</param>
/// <param name="BlocksResynced">Blocks that the node copied since it started.</param>
internal sealed record NodeFigures(int Groups, int HealthyGroups, int RecoveringGroups, long BlocksResynced)
{
    /// <summary>All groups have all copies.</summary>
    public bool IsHealthy => HealthyGroups == Groups && RecoveringGroups == 0;

    /// <summary>Asks the node of a data folder.</summary>
    /// <exception cref="BenchmarkException">It does not answer.</exception>
    public static NodeFigures Of(string folder)
    {
        // A socket's path has at most 107 bytes; below the current folder a short one will do.
        var path = Path.GetRelativePath(Environment.CurrentDirectory, Path.Combine(folder, "uss.sock"));
        using var http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        try
        {
            using var status = JsonDocument.Parse(http.GetStringAsync(new Uri("http://uss/api/v1/status")).GetAwaiter().GetResult());
            var cluster = status.RootElement.GetProperty("cluster");
            return new NodeFigures(
                cluster.GetProperty("groups").GetInt32(),
                cluster.GetProperty("healthyGroups").GetInt32(),
                cluster.GetProperty("recoveringGroups").GetInt32(),
                cluster.GetProperty("blocksResynced").GetInt64());
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException)
        {
            throw new BenchmarkException($"{folder} does not answer: {exception.Message}");
        }
    }
}
