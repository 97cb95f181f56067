using Uss.Coordination;
using Uss.Replication.Rpc;
using Uss.Runtime;

namespace Uss.Replication;

/// <summary>
/// The other nodes of the cluster: who they are, the connections to them, and the leases between them (PacificA, Lin et
/// al., MSR-TR-2008-25): a primary serves only while all in-sync members have promised not to replace it, and who
/// promised replaces nobody until the promise is over, or its receiver is proven dead.
/// </summary>
public sealed partial class PeerTable
{
    private readonly Reactor _reactor;
    private readonly ICoordinationStore _coordination;
    private readonly INodeContent _content;
    private readonly PeerOptions _options;
    private readonly FrontEndFence _fence;
    private readonly RpcIdentity _self;
    private readonly RpcOptions _rpcOptions;
    private readonly HashSet<IConnection> _arriving = [];
    private readonly NodeService _service;
    private readonly SortedDictionary<string, Peer> _peers = new(StringComparer.Ordinal);
    private readonly long _startedNs;
    private IListener? _listener;
    private IWatch? _watch;
    private bool _isClosing;

    /// <summary>Creates the table of a node.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="coordination">Where the nodes' records are.</param>
    /// <param name="content">What others may ask for.</param>
    /// <param name="options">Set-up.</param>
    /// <param name="fence">What the node's front-end heeds; null: of its own.</param>
    public PeerTable(
        string name, ICoordinationStore coordination, INodeContent content, PeerOptions options, FrontEndFence? fence = null)
    {
        _reactor = Reactor.Current;
        _coordination = coordination;
        _content = content;
        _options = options;
        _startedNs = _reactor.MonotonicNs;
        _rpcOptions = new RpcOptions { Guests = options.Guests, Tls = options.Tls };
        _self = new RpcIdentity(options.ClusterId, name, _reactor.NewNumber(), options.ClusterKey);
        _fence = fence ?? new FrontEndFence(_reactor, coordination);
        _fence.Raised = TellFence;
        _service = new NodeService(this, content, _fence, _reactor);
    }

    /// <summary>Name of this node.</summary>
    public string Self => _self.NodeName;

    /// <summary>Connections between nodes are encrypted.</summary>
    public bool IsEncrypting => _rpcOptions.Tls is not null;

    /// <summary>The other nodes, by name.</summary>
    public IReadOnlyCollection<Peer> All => _peers.Values;

    /// <summary>Told when a peer was connected or lost, or its disks changed.</summary>
    public Action<Peer>? Changed { get; set; }

    /// <summary>Told when the store does not have this node's record any more, as far as it can be heard.</summary>
    public Action? SelfMissing { get; set; }

    /// <summary>Time since this node started, in nanoseconds, is enough for the others to have come.</summary>
    public bool IsPatienceOver => _reactor.MonotonicNs - _startedNs >= _options.StartPatienceNs;

    /// <summary>A node by its name, or null.</summary>
    public Peer? Find(string name) => _peers.GetValueOrDefault(name);

    /// <summary>Registers this node, listens and begins to connect to the others.</summary>
    public async ValueTask<Fault?> StartAsync()
    {
        // Before any lease is granted: what an earlier process of this node has taken over from others is not remembered here.
        var groups = await _coordination.ListAsync(GroupRecord.Prefix);
        if (!groups.IsAvailable || !await _fence.StartAsync())
            return Unavailable;
        _requiredRevision = groups.Entries.Select(entry => entry.ModifiedRevision).DefaultIfEmpty().Max();
        var listening = _reactor.Listen(_options.Listen, 128);
        if (!listening.IsOk)
            return listening.Fault;
        _listener = listening.Value;
        var record = new NodeRecord
        {
            Name = Self,
            Endpoint = _listener.Local.ToString(),
            Rack = _options.Rack,
            Site = _options.Site,
        };
        // A node that was removed while it started does not come back by that.
        var commit = await _coordination.CommitAsync(
            [new Condition(NodeRecord.RemovedKeyOf(Self), 0)],
            [new Change(NodeRecord.KeyOf(Self), CoordinationJson.Write(record, ReplicationJson.Default.NodeRecord))]);
        var read = await _coordination.ListAsync(NodeRecord.Prefix);
        if (commit.Status == CommitStatus.Conflict)
            return NodeRecord.Removed(Self);
        if (commit.Status != CommitStatus.Applied || !read.IsAvailable)
            return Unavailable;

        // Nor does one that is removed in this very moment: the watch tells of what comes later.
        if (read.Entries.All(entry => entry.Key != NodeRecord.KeyOf(Self)))
            return NodeRecord.Removed(Self);
        foreach (var entry in read.Entries)
            Apply(new Change(entry.Key, entry.Value));
        _watch = _coordination.Watch(NodeRecord.Prefix, read.Revision);
        _reactor.Spawn(FollowAsync(_watch));
        _reactor.Spawn(AcceptAsync(_listener));
        return null;
    }

    private static Fault Unavailable { get; } =
        new("coordination-unavailable", "The coordination store does not answer.", "Try again once it does.");

    /// <summary>Closes all connections; the node can be reached no more.</summary>
    public async ValueTask CloseAsync()
    {
        _isClosing = true;
        _watch?.Dispose();
        foreach (var peer in _peers.Values)
            peer.Connection?.Abort("the node stops");
        foreach (var transport in _arriving)
            transport.Abort();

        // Last: a refused connection tells others that this process serves nothing any more.
        if (_listener is not null)
            await _listener.CloseAsync();
        while (_tasks > 0)
            await _reactor.DelayAsync(1_000_000);
    }

    private async ValueTask FollowAsync(IWatch watch)
    {
        while (!_isClosing)
        {
            var batch = await watch.NextAsync();
            if (batch.IsWhole)
            {
                var present = batch.Changes.Select(change => change.Key).ToHashSet(StringComparer.Ordinal);
                foreach (var name in _peers.Keys.Where(name => !present.Contains(NodeRecord.KeyOf(name))).ToList())
                    Apply(new Change(NodeRecord.KeyOf(name), null));
                if (!present.Contains(NodeRecord.KeyOf(Self)))
                    SelfMissing?.Invoke();
            }

            foreach (var change in batch.Changes)
                Apply(change);
        }
    }

    private void Apply(Change change)
    {
        if (change.Value is not { } document)
        {
            // A node that was taken out of the cluster.
            if (_peers.Remove(change.Key[NodeRecord.Prefix.Length..], out var gone))
                gone.Connection?.Abort("the node was removed");
            if (change.Key == NodeRecord.KeyOf(Self))
                SelfMissing?.Invoke();
            return;
        }

        var record = CoordinationJson.Read(change.Key, document, ReplicationJson.Default.NodeRecord);
        if (!record.IsOk || record.Value.Name == Self)
            return;
        if (_peers.TryGetValue(record.Value.Name, out var known))
        {
            known.Record = record.Value;
            return;
        }

        var peer = new Peer(record.Value, _reactor.MonotonicNs);
        _peers.Add(peer.Name, peer);
        _reactor.Spawn(KeepConnectedAsync(peer));
    }
}
