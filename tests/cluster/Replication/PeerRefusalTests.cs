using System.Net;
using Uss.Coordination;
using Uss.Coordination.Simulated;
using Uss.Replication.Rpc;
using Uss.Replication.Tests.Support;
using Uss.Runtime;
using Uss.TestSupport;

namespace Uss.Replication.Tests;

public sealed class PeerRefusalTests
{
    private const long MillisecondNs = 1_000_000;

    [TestCase(true, false, "rpc-refused-tls")]
    [TestCase(false, true, "rpc-refused-tls")]
    [TestCase(true, true, null)]
    [TestCase(false, false, null)]
    public Task Both_nodes_are_told_why_they_refuse_each_other(bool isFirstEncrypting, bool isSecondEncrypting, string? code) =>
        ReactorTest.Run(async reactor =>
        {
            var store = new SimulatedCoordinationStore(new CoordinationState());
            var (first, second) = (new List<Fault>(), new List<Fault>());
            var tables = new[] { Table("a", isFirstEncrypting, first), Table("b", isSecondEncrypting, second) };
            foreach (var table in tables)
                Assert.That(await table.StartAsync(), Is.Null);
            while (code is null ? !tables.All(table => table.All.Any(peer => peer.IsConnected)) : first.Count == 0 || second.Count == 0)
                await reactor.DelayAsync(MillisecondNs);
            Assert.That(first.Concat(second).Select(fault => fault.Code), code is null ? Is.Empty : Is.All.EqualTo(code));
            Assert.That(tables.Select(table => table.All.Single().Refusal?.Code), code is null ? Is.All.Null : Has.Exactly(1).EqualTo(code));
            Assert.That(tables.Select(table => table.IsEncrypting), Is.EqualTo([isFirstEncrypting, isSecondEncrypting]));
            foreach (var table in tables)
                await table.CloseAsync();

            PeerTable Table(string name, bool isEncrypting, List<Fault> faults) => new(name, store, new NoContent(), new PeerOptions
            {
                ClusterId = new Guid(1, 2, 3, new byte[8]),
                ClusterKey = new byte[32],
                Listen = new Endpoint(IPAddress.Loopback, 0),
                Tls = isEncrypting ? TlsIdentity.Create() : null,
                Refused = faults.Add,
            });
        });
}
