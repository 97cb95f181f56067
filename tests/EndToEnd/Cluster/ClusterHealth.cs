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
            var problems = Enumerable.Range(1, nodes).Select(ProblemOf).OfType<string>().ToList();
            if (problems.Count == 0)
                return clock.Elapsed;
            if (clock.Elapsed > limit)
                Assert.Fail($"the cluster is not healthy after {limit.TotalSeconds} s:\n{string.Join('\n', problems)}");
            Thread.Sleep(100);
        }
    }

    /// <summary>The end of the logs of all nodes.</summary>
    public string LastWords() => sandbox.Shell(
        CommandLimit, $"for node in $(seq {nodes}); do echo \"--- node$node\"; tail -qn 30 {dataFolder}/node$node/log/*.log; done; true").Output;

    private string? ProblemOf(int index)
    {
        using var running = sandbox.Start(
            Repository.Program, ["volume", "ls", "-o", "json", "--data", Path.Combine(dataFolder, $"node{index}")]);
        var result = running.WaitForExit(CommandLimit);
        if (result.ExitCode != 0)
            return $"node{index}: {result.Output}";
        var volumes = JsonDocument.Parse(result.Output).RootElement.EnumerateArray().ToList();
        var ill = volumes.Where(volume => volume.GetProperty("state").GetString() != "healthy").Select(volume => volume.ToString()).ToList();
        return volumes.Count == 0 ? $"node{index} knows no volume" : ill.Count == 0 ? null : $"node{index}: {string.Join(", ", ill)}";
    }
}
