using System.Net.Sockets;
using System.Text.Json;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>Asks the nodes of a cluster how they are.</summary>
/// <param name="dataFolder">Folder that holds the nodes' data folders <c>node1</c>, <c>node2</c>, <c>node3</c>, ...</param>
/// <param name="nodes">Number of nodes.</param>
internal sealed class ClusterHealth(Sandbox sandbox, string dataFolder, int nodes = 3)
{
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(60);

    /// <summary>Waits until every node says that all volumes are healthy.</summary>
    /// <returns>How long that took.</returns>
    public TimeSpan Await(TimeSpan limit)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            // The others are not asked before the first one is well: who recovers has better things to do.
            var problem = Enumerable.Range(1, nodes).Select(ProblemOf).OfType<string>().FirstOrDefault();
            if (problem is null)
                return clock.Elapsed;
            if (clock.Elapsed > limit)
                Assert.Fail($"the cluster is not healthy after {limit.TotalSeconds} s:\n{problem}");
            Thread.Sleep(100);
        }
    }

    /// <summary>The end of the logs of all nodes.</summary>
    public string LastWords() => sandbox.Shell(
        CommandLimit, $"for node in $(seq {nodes}); do echo \"--- node$node\"; tail -qn 30 {dataFolder}/node$node/log/*.log; done; true").Output;

    private string? ProblemOf(int index)
    {
        JsonDocument answer;
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync, UseProxy = false })
            {
                Timeout = CommandLimit,
            };
            answer = JsonDocument.Parse(http.GetStringAsync(new Uri("http://uss/api/v1/volumes")).GetAwaiter().GetResult());
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or OperationCanceledException)
        {
            return $"node{index}: {exception.Message}";
        }

        using (answer)
        {
            var volumes = answer.RootElement.GetProperty("items").EnumerateArray().ToList();
            var ill = volumes.Where(volume => volume.GetProperty("state").GetString() != "healthy").Select(volume => volume.ToString()).ToList();
            return volumes.Count == 0 ? $"node{index} knows no volume" : ill.Count == 0 ? null : $"node{index}: {string.Join(", ", ill)}";
        }

        // The node's own socket, as `uss` uses it; a process for each look would take a core from those that recover.
        async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                var path = sandbox.FromOutside(Path.Combine(dataFolder, $"node{index}", "uss.sock"));
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
