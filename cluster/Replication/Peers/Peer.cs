using Uss.Replication.Rpc;
using Uss.Runtime;

namespace Uss.Replication;

/// <summary>Another node of the cluster, as this one sees it.</summary>
public sealed class Peer
{
    private Dictionary<Guid, PeerDisk> _disks = [];

    internal Peer(NodeRecord record, long nowNs)
    {
        Record = record;
        GrantedNs = nowNs;
    }

    /// <summary>Its record.</summary>
    public NodeRecord Record { get; internal set; }

    /// <summary>Its name.</summary>
    public string Name => Record.Name;

    /// <summary>True while requests can be sent.</summary>
    public bool IsConnected => Connection is { IsOpen: true };

    /// <summary>Until when its newest promise to this node holds, on this node's clock.</summary>
    public long LeaseUntilNs { get; internal set; }

    /// <summary>Nothing listens at its address any more, so the process that had promises from here is gone.</summary>
    public bool IsProvenDead { get; internal set; }

    /// <summary>
    /// Why the two refuse each other (codes <c>rpc-refused-*</c>), or TLS fails between them; null when they do not, and at the one of
    /// the two that does not call the other.
    /// </summary>
    public Fault? Refusal { get; internal set; }

    /// <summary>It was connected since this node started.</summary>
    public bool WasConnected { get; internal set; }

    /// <summary>It has told of its disks since it was connected.</summary>
    public bool IsHeard { get; internal set; }

    /// <summary>Its usable disks, as it last told.</summary>
    public IReadOnlyDictionary<Guid, PeerDisk> Disks => _disks;

    /// <summary>Nodes that write to its disks, which share the room there.</summary>
    internal int Sharers { get; set; } = 1;

    internal Endpoint Endpoint => Runtime.Endpoint.TryParse(Record.Endpoint, out var endpoint) ? endpoint : default;

    internal FreshnessTokens Tokens { get; } = new();

    internal LinkQuality Link { get; } = new();

    internal RpcConnection? Connection { get; set; }

    /// <summary>Raised when the connection is lost.</summary>
    internal ChangeSignal Lost { get; } = new();

    /// <summary>When this node last promised it not to become primary in its place.</summary>
    internal long GrantedNs { get; set; }

    /// <summary>Takeovers from it that are being committed: it gets no promise meanwhile.</summary>
    internal int Takeovers { get; set; }

    /// <summary>A promise counts for it only once it knows the group records up to this revision.</summary>
    internal long RequiredRevision { get; set; }

    /// <summary>It is about to be asked how much room its disks have.</summary>
    internal void NoteQuestion()
    {
        foreach (var disk in _disks.Values)
            disk.NoteQuestion();
    }

    /// <summary>Takes over what the node tells of its disks. True when there are others than before.</summary>
    internal bool SetDisks(ReadOnlySpan<WireDisk> told)
    {
        var isChanged = told.Length != _disks.Count;
        var disks = new Dictionary<Guid, PeerDisk>();
        foreach (var disk in told)
        {
            isChanged |= !_disks.TryGetValue(disk.Id, out var known);
            known ??= new PeerDisk();
            known.NoteAnswer(disk.FreeBytes);
            disks[disk.Id] = known;
        }

        _disks = disks;
        return isChanged;
    }

    /// <summary>Something is sent to a disk.</summary>
    internal void NoteWrite(Guid id, int bytes)
    {
        if (_disks.TryGetValue(id, out var disk))
            disk.NoteWrite(bytes);
    }
}
