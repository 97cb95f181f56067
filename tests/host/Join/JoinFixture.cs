using System.Net;
using System.Security.Cryptography;
using Serilog;
using Uss.Coordination;
using Uss.Coordination.Simulated;
using Uss.Host.Cluster;
using Uss.Host.Serve;
using Uss.Replication;
using Uss.Replication.Tests.Support;
using Uss.Runtime;
using Uss.Runtime.Threaded;

namespace Uss.Host.Join;

/// <summary>A node that lets guests in: a real listener and handshake over a store in memory.</summary>
internal sealed class JoinFixture : IAsyncDisposable
{
    private readonly ThreadedReactor _reactor = ReactorFactory.Create(new ReactorOptions { Name = "join" }).Value.Reactor;
    private readonly List<string> _log = [];
    private SimulatedCoordinationStore _store = null!;
    private PeerTable _peers = null!;
    private ILogger _logger = null!;

    public static ClusterIdentity Identity { get; } = new(new Guid("2b7c1a52-7f2e-4b44-9a55-2d9f6a3c1e01"), [.. Enumerable.Range(1, 32).Select(i => (byte)i)]);

    /// <summary>Where the node listens.</summary>
    public Endpoint Address { get; private set; }

    /// <summary>The coordination store's faults.</summary>
    public SimulatedCoordinationFaults Faults => _store.Faults;

    /// <summary>Nodes that serve, or may.</summary>
    public HashSet<string> Serving { get; } = ["n1"];

    /// <summary>What was logged.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return string.Join('\n', _log);
        }
    }

    public static async Task<JoinFixture> StartAsync(long guestLimitNs = 5_000_000_000, bool isOpen = true, bool isEncrypting = false)
    {
        var fixture = new JoinFixture();
        fixture._logger = new LoggerConfiguration().WriteTo.Sink(new ListSink(fixture._log)).CreateLogger();
        fixture._reactor.Start();
        await fixture.OnReactorAsync(async reactor =>
        {
            fixture._store = new SimulatedCoordinationStore(new CoordinationState());
            var cluster = new ClusterMembership
            {
                Name = "n1",
                Etcd = [new Uri("http://127.0.0.1:2379"), new Uri("http://10.0.0.2:2379")],
                ClusterId = Identity.Id,
                Key = Identity.Key,
                IsEncrypting = isEncrypting,
                Listen = new Endpoint(IPAddress.Loopback, 0),
            };
            var desk = new JoinDesk(reactor, fixture._store, cluster, fixture._logger) { GuestLimitNs = guestLimitNs };
            if (isOpen)
                desk.Open(fixture.Serving.Contains);
            fixture._peers = new PeerTable("n1", fixture._store, new NoContent(), cluster.ToPeerOptions(desk));
            Assert.That(await fixture._peers.StartAsync(), Is.Null);
            var record = (await fixture._store.GetAsync(NodeRecord.KeyOf("n1"))).Entries[0];
            var node = CoordinationJson.Read(record.Key, record.Value, ReplicationJson.Default.NodeRecord).Value!;
            fixture.Address = Endpoint.TryParse(node.Endpoint, out var endpoint) ? endpoint : default;
            return true;
        });
        return fixture;
    }

    /// <summary>A token that the store knows.</summary>
    public async Task<JoinToken> MakeTokenAsync(double validMs = 3600_000)
    {
        var token = Token(Identity);
        var hash = JoinKeys.HashOf(token.Id, token.Secret);
        Assert.That(
            await OnReactorAsync(reactor => new JoinRegister(_store, reactor).AddTokenAsync(hash, "n1", TimeSpan.FromMilliseconds(validMs))), Is.Null);
        return token;
    }

    /// <summary>A token that was made with some cluster's key; the store does not know it.</summary>
    public JoinToken Token(ClusterIdentity identity)
    {
        var id = RandomNumberGenerator.GetBytes(JoinToken.IdBytes);
        return new JoinToken
        {
            ClusterId = identity.Id,
            Id = id,
            Secret = JoinKeys.SecretOf(identity.Id, identity.Key, id),
            Addresses = [Address],
        };
    }

    /// <summary>Joins.</summary>
    public static Task<Result<JoinGrant>> JoinAsync(JoinToken token, string name = "n2", string listen = "10.0.0.2:7400") =>
        new JoinGuest(token, name, Endpoint.TryParse(listen, out var endpoint) ? endpoint : default).RunAsync(default);

    /// <summary>A record of the store; null when there is none.</summary>
    public Task<string?> RecordAsync(string key) => OnReactorAsync(async _ =>
    {
        var read = await _store.GetAsync(key);
        return read.Entries.Count == 0 ? null : System.Text.Encoding.UTF8.GetString(read.Entries[0].Value.Span);
    });

    /// <summary>All that the store holds.</summary>
    public Task<string> AllRecordsAsync() => OnReactorAsync(async _ => string.Join(
        '\n', (await _store.ListAsync("")).Entries.Select(entry => entry.Key + " " + System.Text.Encoding.UTF8.GetString(entry.Value.Span))));

    /// <summary>Puts a record, or deletes it.</summary>
    public Task PutAsync(string key, ReadOnlyMemory<byte>? value) => OnReactorAsync(_ => _store.CommitAsync([], [new Change(key, value)]));

    /// <summary>What a node's start asks for.</summary>
    public Task<Fault?> ClaimAsync(Guid clusterId, string name, Guid? memberId, bool isFounder = false) =>
        OnReactorAsync(reactor => new JoinRegister(_store, reactor).ClaimAsync(clusterId, name, memberId, isFounder));

    public async ValueTask DisposeAsync()
    {
        var rented = await OnReactorAsync(async reactor =>
        {
            await _peers.CloseAsync();
            return reactor.Buffers.RentedBuffers;
        });
        await _reactor.StopAsync();
        Assert.That(rented, Is.Zero, "buffers are still rented");
    }

    private Task<T> OnReactorAsync<T>(Func<Reactor, ValueTask<T>> work) => _reactor.InvokeAsync(() => work(_reactor));

    private sealed class ListSink(List<string> lines) : Serilog.Core.ILogEventSink
    {
        public void Emit(Serilog.Events.LogEvent logEvent)
        {
            lock (lines)
                lines.Add(logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture));
        }
    }
}
