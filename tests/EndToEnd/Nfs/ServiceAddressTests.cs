using Uss.EndToEnd.Cluster;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Nfs;

/// <summary>An address that clients have mounted stays theirs when the node dies that serves it.</summary>
public sealed class ServiceAddressTests : EndToEndTest
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    [Test]
    [CancelAfter(180_000)]
    public void Another_node_serves_the_address_of_one_that_was_killed()
    {
        using var cluster = ClusterProgram.Start(Sandbox, Folder["data"]);
        cluster.AwaitHealthy(_limit);
        Assert.That(Holders(cluster), Is.EqualTo("node1 node2 node3"));
        var file = Folder["file"];
        File.WriteAllText(file, "before");
        Eventually(_limit, () => Copy(file, Url("before")).ExitCode == 0, () => "nothing can be written");
        cluster.Dev("kill", "node1");
        Eventually(_limit, () => List().ExitCode == 0, () => "nobody serves the address of the node that was killed");
        Assert.That(List().Output, Does.Contain("before"));
        Assert.That(Holders(cluster), Does.Match("node[23] node2 node3"));
        File.WriteAllText(file, "meanwhile");
        Copy(file, Url("meanwhile")).Succeeded();
        cluster.Dev("start", "node1");
        Eventually(_limit, () => Holders(cluster) == "node1 node2 node3", () => "the address does not go home");
        Eventually(_limit, () => List().ExitCode == 0, () => "nobody serves the address at home");
        Assert.That(List().Output, Does.Contain("before").And.Contain("meanwhile"));
        cluster.Stop();
    }

    private static string Url(string name) => $"nfs://127.0.0.1/default/{name}?version=3&nfsport=2049&mountport=2049";

    private ProgramResult Copy(string file, string url) => Sandbox.Run(_limit, "timeout", "5", "nfs-cp", file, url);

    private ProgramResult List() => Sandbox.Run(_limit, "timeout", "5", "nfs-ls", Url(""));

    // Asked of node2, which is not killed.
    private string Holders(ClusterProgram cluster)
    {
        var listed = Sandbox.Run(_limit, Repository.Program, "address", "ls", "-o", "json", "--data", cluster.FolderOf(2)).Succeeded();
        using var document = System.Text.Json.JsonDocument.Parse(listed);
        return string.Join(' ', document.RootElement.EnumerateArray().Select(address => address.GetProperty("node").GetString()));
    }
}
