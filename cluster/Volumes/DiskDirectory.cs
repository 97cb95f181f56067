using Uss.Coordination;
using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>All disks of the cluster, as the coordination store knows them.</summary>
internal sealed class DiskDirectory(ICoordinationStore coordination)
{
    // One of them is looked up for every operation; all of them in order are asked for seldom.
    private readonly Dictionary<Guid, DiskRecord> _records = [];
    private DiskRecord[]? _ordered;
    private IWatch? _watch;

    /// <summary>The disks, ordered by identity.</summary>
    public IReadOnlyCollection<DiskRecord> All => _ordered ??= [.. _records.Values.OrderBy(record => record.Id)];

    /// <summary>A disk by its identity, or null.</summary>
    public DiskRecord? Find(Guid id) => _records.GetValueOrDefault(id);

    /// <summary>Takes over a change, heard of or made by this node.</summary>
    public void Apply(Change change)
    {
        if (!change.Key.StartsWith(DiskRecord.Prefix, StringComparison.Ordinal))
            return;
        _ordered = null;
        if (change.Value is not { } document)
            _records.Remove(Guid.ParseExact(change.Key[DiskRecord.Prefix.Length..], "N"));
        else if (CoordinationJson.Read(change.Key, document, VolumesJson.Default.DiskRecord) is { IsOk: true } record)
            _records[record.Value.Id] = record.Value;
    }

    /// <summary>Reads all records, and follows them where others change them too.</summary>
    public async ValueTask<Fault?> LoadAsync(bool isFollowed, Action changed)
    {
        var read = await coordination.ListAsync(DiskRecord.Prefix);
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        var records = CoordinationJson.ReadAll(read, DiskRecord.Prefix, VolumesJson.Default.DiskRecord);
        if (!records.IsOk)
            return records.Fault;
        foreach (var record in records.Value.Values)
            _records[record.Id] = record;
        _ordered = null;
        if (isFollowed)
        {
            _watch = coordination.Watch(DiskRecord.Prefix, read.Revision);
            Reactor.Current.Spawn(FollowAsync(_watch, changed));
        }

        return null;
    }

    public void Close()
    {
        _watch?.Dispose();
        _watch = null;
    }

    private async ValueTask FollowAsync(IWatch watch, Action changed)
    {
        while (ReferenceEquals(watch, _watch))
        {
            var batch = await watch.NextAsync();
            if (batch.IsWhole)
            {
                _records.Clear();
                _ordered = null;
            }

            foreach (var change in batch.Changes)
                Apply(change);
            changed();
        }
    }
}
