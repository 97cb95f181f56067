namespace Uss.Placement;

/// <summary>All disks of a cluster, in the order of their identities, so that equal sets give equal maps. Immutable.</summary>
public sealed class Topology
{
    private readonly Dictionary<Guid, TopologyDisk> _byId;

    /// <summary>Creates the topology; the order of <paramref name="disks"/> does not matter.</summary>
    /// <exception cref="ArgumentException">A disk is listed twice.</exception>
    public Topology(IEnumerable<TopologyDisk> disks)
    {
        Disks = [.. disks.OrderBy(disk => disk.Id)];
        for (var i = 1; i < Disks.Count; i++)
        {
            if (Disks[i].Id == Disks[i - 1].Id)
                throw new ArgumentException($"disk {Disks[i].Id} is listed twice", nameof(disks));
        }

        _byId = Disks.ToDictionary(disk => disk.Id);
    }

    /// <summary>The disks, ordered by identity.</summary>
    public IReadOnlyList<TopologyDisk> Disks { get; }

    /// <summary>The disk of an identity; null when there is none.</summary>
    public TopologyDisk? Find(Guid id) => _byId.GetValueOrDefault(id);

    /// <summary>The disks that a pool may use, those that drain included.</summary>
    public IEnumerable<TopologyDisk> DisksOf(PoolPolicy policy) =>
        Disks.Where(disk => policy.DiskClass is null || disk.Class == policy.DiskClass);

    /// <summary>This topology with disks added, or put in the place of those with the same identity.</summary>
    public Topology With(params IEnumerable<TopologyDisk> disks)
    {
        var changed = disks.ToDictionary(disk => disk.Id);
        return new Topology(Disks.Where(disk => !changed.ContainsKey(disk.Id)).Concat(changed.Values));
    }

    /// <summary>This topology without some disks; identities that it does not have are passed over.</summary>
    public Topology Without(params IEnumerable<Guid> disks)
    {
        var gone = disks.ToHashSet();
        return new Topology(Disks.Where(disk => !gone.Contains(disk.Id)));
    }

    /// <summary>This topology with some disks draining; identities that it does not have are passed over.</summary>
    public Topology Draining(params IEnumerable<Guid> disks)
    {
        var drained = disks.ToHashSet();
        return new Topology(Disks.Select(disk => drained.Contains(disk.Id) ? disk with { State = DiskState.Draining } : disk));
    }
}
