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

    public Fault? Fault { get; set; }

    public IObjectStore? Store { get; set; }

    public LocalReplica? Replica { get; set; }

    public Guid? Id => Store?.DiskId ?? Record?.Id;

    public DiskState State => Fault is not null ? DiskState.Failed : Store is null ? DiskState.Missing : DiskState.Online;

    public DiskDescription Describe()
    {
        var statistics = Store?.Statistics;
        return new DiskDescription
        {
            Id = Id,
            Name = Name,
            State = State,
            Fault = Fault,
            DataBytes = statistics?.DataBytes ?? Record?.DataBytes ?? 0,
            UsedBytes = statistics?.UsedBytes ?? 0,
            ResyncPercent = 100,
            Statistics = statistics,
        };
    }
}
