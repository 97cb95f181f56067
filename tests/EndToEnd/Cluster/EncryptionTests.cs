using System.Text;
using Uss.EndToEnd.Harness;
using Uss.EndToEnd.Iscsi;

namespace Uss.EndToEnd.Cluster;

/// <summary>A cluster with TLS between its nodes (docs/decisions/0019-tls-between-nodes.md).</summary>
[TestFixture]
public sealed class EncryptionTests : ClusterTest
{
    private const string Target = "iqn.2026-11.local.uss:default";
    private const string Initiator = "iqn.2026-11.local.uss.test:reader";
    private const int IscsiPort = 3260;
    private const int NodePort = 7400;
    private const int Blocks = 32;
    private const int BlockBytes = 64 << 10;

    // Far apart: the blocks are of different groups, whose primaries are different nodes.
    private const long Stride = 64L << 20;

    private static readonly byte[] _sought = Encoding.ASCII.GetBytes("this is nobody's business but the initiator's");

    [Test]
    [CancelAfter(TestLimit)]
    public void Nodes_that_encrypt_keep_what_was_written_and_tell_nobody()
    {
        var found = RunWithAFailure("--tls");
        Assert.That(found[NodePort].Finds, Is.Zero);
        Assert.That(Cluster.Uss("status", "--data", Cluster.FolderOf(1)).Succeeded(), Does.Contain("TLS 1.3"));
        Assert.That(File.ReadAllText(Path.Combine(Cluster.DataFolder, "cluster.json")), Does.Contain("\"tls\": true"));
        Cluster.Stop();
    }

    // What the search above would find.
    [Test]
    [CancelAfter(TestLimit)]
    public void Without_TLS_everybody_on_the_network_can_read()
    {
        var found = RunWithAFailure();
        Assert.That(found[NodePort].Finds, Is.GreaterThanOrEqualTo(Blocks));
        Assert.That(Cluster.Uss("status", "--data", Cluster.FolderOf(1)).Succeeded(), Does.Contain("not encrypted"));
        Cluster.Stop();
    }

    private IReadOnlyDictionary<int, (long Bytes, int Finds)> RunWithAFailure(params string[] options)
    {
        StartCluster(ClusterProgram.NodeCount, options);
        var search = new PacketSearch(Sandbox, _sought, IscsiPort, NodePort);
        Access(1, (session, block, data) =>
        {
            Fill(data, block);
            session.Write(block * Stride, data);
        });
        Cluster.Dev("kill", "node2");
        foreach (var node in (int[])[3, 1])
        {
            Access(node, (session, block, data) =>
            {
                session.Read(block * Stride, data);
                var expected = new byte[BlockBytes];
                Fill(expected, block);
                Assert.That(data.SequenceEqual(expected), $"block {block} through node {node}");
            });
        }

        Cluster.Dev("start", "node2");
        Heal();
        var found = search.End();
        TestContext.Out.WriteLine(string.Join("; ", found.Select(port => $"port {port.Key}: {port.Value}")));
        Assert.That(found[IscsiPort].Finds, Is.GreaterThanOrEqualTo(Blocks), "iSCSI is not encrypted: the search works");

        // Each block went to two more nodes.
        Assert.That(found[NodePort].Bytes, Is.GreaterThan(2L * Blocks * BlockBytes));
        return found;
    }

    private delegate void Step(LibiscsiSession session, int block, Span<byte> data);

    private void Access(int node, Step step) => Sandbox.RunInNetwork(() =>
    {
        using var session = LibiscsiSession.Connect(ClusterProgram.Portals[node - 1], Target, 0, Initiator);
        var data = new byte[BlockBytes];
        for (var block = 0; block < Blocks; block++)
            step(session, block, data);
        session.Logout();
    }).GetAwaiter().GetResult();

    private static void Fill(Span<byte> data, int block)
    {
        new Random(block).NextBytes(data);
        for (var at = 0; at < data.Length; at += 4096)
            _sought.CopyTo(data[at..]);
    }
}
