using System.Net;
using Uss.NfsFrontend.Locks;
using Uss.NfsFrontend.Locks.Tests;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.PortMap;
using Uss.Runtime;
using Uss.TestSupport;

namespace Uss.NfsFrontend.Nlm.Tests;

/// <summary>Calls to a client on a real reactor: a machine has several addresses there.</summary>
public sealed class NlmCallbacksTests : IRpcProgram
{
    private readonly List<IPAddress> _callers = [];
    private LockStatus _answer;

    public uint Number => 100021;

    public uint LowestVersion => 4;

    public uint HighestVersion => 4;

    public int DataOffset(in RpcCall call, ReadOnlySpan<byte> head) => 0;

    public ValueTask HandleAsync(RpcRequest request)
    {
        _callers.Add(request.Client.Address);
        var results = request.BeginResults(8);
        results.Opaque([]);
        results.UInt32((uint)_answer);
        request.Succeed(results);
        return ValueTask.CompletedTask;
    }

    [TestCase(LockStatus.Granted, GrantOutcome.Accepted)]
    [TestCase(LockStatus.Denied, GrantOutcome.Refused)]
    [TestCase(LockStatus.NotNow, GrantOutcome.Unreachable)]
    public Task A_client_is_called_from_the_address_that_it_called(LockStatus answer, GrantOutcome outcome) => ReactorTest.Run(async reactor =>
    {
        _callers.Clear();
        _answer = answer;
        var loopback = new Endpoint(IPAddress.Loopback, 0);
        var table = new PortMapTable();
        var manager = new RpcDatagramServer(reactor, [this], new RpcDatagramOptions());
        var mapper = new RpcDatagramServer(reactor, [new PortMapProgram(reactor, table)], new RpcDatagramOptions());
        table.Add(this, manager.Bind(loopback).Value, isDatagram: true);
        var rpc = new RpcClient(reactor);
        var callbacks = new NlmCallbacks(rpc, new PortMapClient(rpc) { Port = mapper.Bind(loopback).Value.Port });
        foreach (var server in new[] { "127.0.0.2", "127.0.0.3" })
        {
            var call = LockServiceTests.Lock("a", 0, 9) with
            {
                Host = LockServiceTests.Host("a", "127.0.0.1", server),
            };
            Assert.That(await callbacks.GrantAsync(call), Is.EqualTo(outcome));
        }

        Assert.That(_callers.Select(caller => caller.ToString()), Is.EqualTo(["127.0.0.2", "127.0.0.3"]));
        await manager.StopAsync();
        await mapper.StopAsync();
    });
}
