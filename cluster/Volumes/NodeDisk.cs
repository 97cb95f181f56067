using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

/// <summary>A disk of this node as it runs.</summary>
internal sealed class NodeDisk(string name)
{
    public string Name { get; set; } = name;

    public DiskSource? Source { get; set; }

    public DiskRecord? Record { get; set; }

    /// <summary>Device class that it was added with; null: as its record says.</summary>
    public string? Class { get; set; }

    /// <summary>The disk in whose place it was added, until it is registered.</summary>
    public Guid? Replaces { get; set; }

    /// <summary>Why it could not be opened, or how it failed while it served.</summary>
    public Fault? Fault { get; set; }

    /// <summary>Its store; also while it has failed, since it may still be readable.</summary>
    public IObjectStore? Store { get; private set; }

    public LocalReplica? Replica { get; private set; }

    public Guid? Id => Store?.DiskId ?? Record?.Id;

    /// <summary>True when data can be placed and copied there.</summary>
    public bool IsUsable => Fault is null && Store is not null;

    public void Attach(IObjectStore store, DiskRecord record, ReplicaGates? gates)
    {
        Record = record;
        Store = store;
        Replica = new LocalReplica(store, gates);
        Fault = null;
    }

    public async ValueTask CloseAsync()
    {
        var store = Store;
        Store = null;
        Replica = null;
        if (store is not null)
            await store.CloseAsync();
    }

    public DiskDescription Describe(double resyncPercent)
    {
        var statistics = Store?.Statistics;
        return new DiskDescription
        {
            Id = Id,
            Name = Name,
            State = Fault is not null ? DiskState.Failed
                : Store is null ? DiskState.Missing
                : resyncPercent < 100 ? DiskState.Resyncing
                : DiskState.Online,
            Fault = Fault,
            DataBytes = statistics?.DataBytes ?? Record?.DataBytes ?? 0,
            UsedBytes = statistics?.UsedBytes ?? 0,
            ResyncPercent = resyncPercent,
            Statistics = statistics,
        };
    }
}
