using System.Buffers.Binary;
using System.Diagnostics;
using Uss.EndToEnd.Harness;
using Uss.EndToEnd.Iscsi;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// Persistent reservations of hosts that reach a volume through different nodes, as failover clusters use them to keep a node out that
/// is to be dead: while a node of ours is frozen, killed and started again.
/// </summary>
[TestFixture]
public sealed class ReservationTests : ClusterTest
{
    private const int Register = 0;
    private const int Reserve = 1;
    private const int PreemptAndAbort = 5;
    private const int WriteExclusive = 1;
    private const ulong KeyA = 0xA;
    private const ulong KeyB = 0xB;

    private static readonly byte[] _block = new byte[LibiscsiSession.SectorSize];

    [Test]
    [CancelAfter(TestLimit)]
    public void Whoever_is_shut_out_is_shut_out_at_every_node()
    {
        StartCluster();
        Through(1, "a", session =>
        {
            Out(session, Register, 0, KeyA);
            Out(session, Reserve, KeyA, 0);
        });
        MayWrite(1, "a", true);
        MayWrite(2, "b", false);
        MayWrite(3, "b", false);

        Through(2, "b", session =>
        {
            Out(session, Register, 0, KeyB);
            Out(session, PreemptAndAbort, KeyB, KeyA);
        });
        MayWrite(2, "b", true);
        MayWrite(1, "a", false);
        MayWrite(3, "a", false);

        // A node that stands still hears nothing of it, and must not let anybody through when it goes on.
        Cluster.Dev("freeze", "node3");
        var clock = Stopwatch.StartNew();
        Through(1, "a", session =>
        {
            Out(session, Register, 0, KeyA);
            Out(session, PreemptAndAbort, KeyA, KeyB);
        });
        TestContext.Out.WriteLine($"two changes with a frozen node: {clock.Elapsed.TotalSeconds:F2} s");
        Cluster.Dev("thaw", "node3");
        MayWrite(3, "b", false);
        MayWrite(1, "a", true);
        Heal();

        // The reservation outlives the node through which it was made.
        Cluster.Dev("kill", "node1");
        clock.Restart();
        Through(2, "b", session => Out(session, Register, 0, KeyB));
        TestContext.Out.WriteLine($"a change after a kill: {clock.Elapsed.TotalSeconds:F2} s");
        MayWrite(2, "b", false);
        Cluster.Dev("start", "node1");
        Heal();
        MayWrite(1, "a", true);
        MayWrite(1, "b", false);
        clock.Restart();
        Through(3, "c", session => Out(session, Register, 0, 0xC));
        TestContext.Out.WriteLine($"a login and a change with all nodes: {clock.Elapsed.TotalSeconds:F2} s");
        Cluster.Stop();
    }

    private void MayWrite(int node, string host, bool isAllowed) => Through(node, host, session =>
    {
        if (isAllowed)
            session.Write(0, _block);
        else
            Assert.That(Assert.Throws<CommandRefusedException>(() => session.Write(0, _block))!.Message, Does.Contain("CONFLICT"));
    });

    // Always the same initiator port, so that it is the same nexus each time.
    private void Through(int node, string host, Action<LibiscsiSession> work) => Sandbox.RunInNetwork(() =>
    {
        var portal = ClusterProgram.Portals[node - 1];
        using var session = LibiscsiSession.Connect(portal, UssService.TargetIqn, 0, "iqn.2026-11.local.uss.test:" + host, 7);
        work(session);
        session.Logout();
    }).GetAwaiter().GetResult();

    private static void Out(LibiscsiSession session, byte action, ulong key, ulong actionKey)
    {
        var list = new byte[24];
        BinaryPrimitives.WriteUInt64BigEndian(list, key);
        BinaryPrimitives.WriteUInt64BigEndian(list.AsSpan(8), actionKey);
        session.Run([0x5F, action, WriteExclusive, 0, 0, 0, 0, 0, 24, 0], list);
    }
}
