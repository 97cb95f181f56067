using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

// Which disks are this node's: new ones, ones that come from another node, and ones that went to another or were removed.
public sealed partial class BlockNode
{
    private const string ElsewhereCode = "disk-elsewhere";
    private const long AdoptionLookNs = 100_000_000;

    private bool _isReviewing;
    private bool _mustReview;

    // Writes the record of a disk that is new, has another name than before, or comes from another node. What an operator set
    // for it stays.
    private async ValueTask<Fault?> RegisterAsync(NodeDisk disk, IObjectStore store)
    {
        var fault = await CommitAsMemberAsync(
            topology =>
            {
                var present = topology.Disks.GetValueOrDefault(store.DiskId);
                if (present is null && store.HighestVersion != 0)
                    return Foreign(disk);
                if (present is not null && _peers is not null && present.Node != Name && MayBeHeldElsewhere(present, topology))
                    return HeldElsewhere(disk, present);
                var replacedClass = disk.Replaces is { } given ? topology.Disks.GetValueOrDefault(given)?.Class : null;
                var record = new DiskRecord
                {
                    Id = store.DiskId,
                    Name = disk.Name,
                    DataBytes = store.Statistics.DataBytes,
                    Node = Name,
                    Class = ClassOf(disk, present, replacedClass),
                    IsDraining = present is { IsDraining: true },
                    AddedAt = present?.AddedAt ?? _reactor.UtcNow,
                };
                var changes = new List<Change> { Put(record) };
                if (disk.Replaces is { } replaced && replaced != store.DiskId)
                {
                    if (!topology.Disks.TryGetValue(replaced, out var old))
                        return NoDisk(replaced);
                    changes.Add(Put(old with { IsDraining = true }));
                }

                return changes;
            });
        if (fault is null)
            disk.Replaces = null;
        return fault;
    }

    // A node that was removed and has not heard of it adds nothing: others would count on a disk that nobody can reach.
    private async ValueTask<Fault?> CommitAsMemberAsync(Func<TopologySnapshot, Result<IReadOnlyList<Change>>> decide)
    {
        if (_peers is null)
            return await CommitTopologyAsync(decide, []);
        while (true)
        {
            var fault = await CommitTopologyAsync(decide, [new Condition(NodeRecord.RemovedKeyOf(Name), 0)]);
            if (fault != TopologyMoved)
                return fault;
            var removed = await _coordination.GetAsync(NodeRecord.RemovedKeyOf(Name));
            if (!removed.IsAvailable)
                return CoordinationFaults.Unavailable;
            if (removed.Entries.Count > 0)
                return NodeRecord.Removed(Name);
        }
    }

    // What was asked for goes first; a disk in the place of another one takes its class, so that pools find room there.
    private static string? ClassOf(NodeDisk disk, DiskRecord? present, string? replacedClass) => disk.Class switch
    {
        TopologyRules.AnyClass => null,
        { } asked => asked,
        null when present is not null => present.Class,
        null => replacedClass ?? disk.Source?.DefaultClass?.Invoke(),
    };

    // A node that is up says which disks it has. One that is not, and was given the time to come, does not use it.
    private bool MayBeHeldElsewhere(DiskRecord record, TopologySnapshot topology)
    {
        if (!topology.Nodes.ContainsKey(record.Node))
            return false;
        return _peers!.Find(record.Node) switch
        {
            null => true,
            { IsConnected: true } peer => !peer.IsHeard || peer.Disks.ContainsKey(record.Id),
            { IsProvenDead: true } => false,
            _ => !_peers.IsPatienceOver,
        };
    }

    // Disks that another node had are taken over once that node has had the time to say that it still has them.
    private async ValueTask<Fault?> AdoptMovedDisksAsync()
    {
        while (_disks.Where(disk => disk.Fault?.Code == ElsewhereCode).ToList() is { Count: > 0 } moved)
        {
            foreach (var disk in moved)
                disk.Fault = await OpenAsync(disk);
            if (_peers!.IsPatienceOver)
                break;
            await _reactor.DelayAsync(AdoptionLookNs);
        }

        return null;
    }

    // Records of disks changed: operators drain them, nodes add and adopt them, and some are gone.
    private void OnDisksChanged()
    {
        foreach (var group in _pools.Pools.SelectMany(pool => pool.Groups))
        {
            foreach (var disk in group.Row.Concat(group.InSync).Append(group.Joining ?? default).Distinct().ToList())
            {
                if (disk != default && _directory.Find(disk) is null)
                    group.LoseDisk(disk);
            }
        }

        OnTopologyChanged();
        _mustReview = true;
        if (!_isReviewing && !_isClosing)
            _reactor.Spawn(ReviewDisksAsync());
    }

    // Lets go of disks that were removed from the cluster or are another node's now, by the records as they are.
    private async ValueTask ReviewDisksAsync()
    {
        _isReviewing = true;
        do
        {
            _mustReview = false;
            await ReviewEachDiskAsync();
        }
        while (_mustReview && !_isClosing);
        _isReviewing = false;
    }

    private async ValueTask ReviewEachDiskAsync()
    {
        foreach (var disk in _disks.Where(disk => disk is { Id: not null, Record: not null }).ToList())
        {
            var id = disk.Id!.Value;
            if (_directory.Find(id) is { } known && (known.Node == Name || _peers is null))
            {
                disk.Record = known;
                continue;
            }

            var read = await GetUntilAnsweredAsync(DiskRecord.KeyOf(id));
            if (_isClosing)
                break;
            var record = read.Entries.Count == 0
                ? null
                : CoordinationJson.Read(read.Entries[0].Key, read.Entries[0].Value, VolumesJson.Default.DiskRecord).Value;
            if (record?.Node == Name || (read.Entries.Count > 0 && record is null))
                continue;
            _disks.Remove(disk);
            await DetachAsync(disk);
            Announce(new NodeEvent(NodeEventKind.DiskChanged, disk.Name));
        }
    }

    private static Fault Foreign(NodeDisk disk) => new(
        "disk-foreign",
        $"Disk '{disk.Name}' holds data that this cluster does not know.",
        "Start it with the coordination store that it belongs to, or format it.");

    private static Fault HeldElsewhere(NodeDisk disk, DiskRecord record) => new(
        ElsewhereCode,
        $"Disk '{disk.Name}' is in use at node {record.Node}, as {record.Name}.",
        $"Stop node {record.Node} or take the disk from it; then it is taken over here.");
}
