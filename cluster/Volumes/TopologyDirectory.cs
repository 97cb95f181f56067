using Uss.Coordination;
using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>What operators set for nodes, and the number of the topology, as this node has heard of them.</summary>
internal sealed class TopologyDirectory(ICoordinationStore coordination)
{
    private readonly Dictionary<string, NodeSettingsRecord> _settings = new(StringComparer.Ordinal);
    private readonly List<IWatch> _watches = [];

    /// <summary>The newest number that this node has heard of.</summary>
    public long Version { get; private set; }

    /// <summary>What is set for a node; null: nothing.</summary>
    public NodeSettingsRecord? SettingsOf(string node) => _settings.GetValueOrDefault(node);

    /// <summary>True while some node is about to be stopped.</summary>
    public bool IsMaintenanceAnywhere { get; private set; }

    /// <summary>Reads everything, and follows it where others change it too.</summary>
    public async ValueTask<Fault?> LoadAsync(bool isFollowed, Action changed)
    {
        var settings = await coordination.ListAsync(NodeSettingsRecord.Prefix);
        var number = await coordination.ListAsync(TopologyRecord.Key);
        if (!settings.IsAvailable || !number.IsAvailable)
            return CoordinationFaults.Unavailable;
        foreach (var entry in settings.Entries.Concat(number.Entries))
            Apply(new Change(entry.Key, entry.Value));
        if (isFollowed)
        {
            Follow(NodeSettingsRecord.Prefix, settings.Revision, changed);
            Follow(TopologyRecord.Key, number.Revision, changed);
        }

        return null;
    }

    /// <summary>Takes over a change, heard of or made by this node.</summary>
    public void Apply(Change change)
    {
        if (change.Key == TopologyRecord.Key && change.Value is { } number)
        {
            if (CoordinationJson.Read(change.Key, number, VolumesJson.Default.TopologyRecord) is { IsOk: true } record)
                Version = Math.Max(Version, record.Value.Version);
        }
        else if (change.Key.StartsWith(NodeSettingsRecord.Prefix, StringComparison.Ordinal))
        {
            var node = change.Key[NodeSettingsRecord.Prefix.Length..];
            _settings.Remove(node);
            if (change.Value is { } document
                && CoordinationJson.Read(change.Key, document, VolumesJson.Default.NodeSettingsRecord) is { IsOk: true } record)
                _settings[node] = record.Value;
            IsMaintenanceAnywhere = _settings.Values.Any(settings => settings.IsInMaintenance);
        }
    }

    public void Close()
    {
        foreach (var watch in _watches)
            watch.Dispose();
        _watches.Clear();
    }

    private void Follow(string prefix, long revision, Action changed)
    {
        var watch = coordination.Watch(prefix, revision);
        _watches.Add(watch);
        Reactor.Current.Spawn(FollowAsync(watch, prefix, changed));
    }

    private async ValueTask FollowAsync(IWatch watch, string prefix, Action changed)
    {
        while (_watches.Contains(watch))
        {
            var batch = await watch.NextAsync();
            if (batch.IsWhole && prefix == NodeSettingsRecord.Prefix)
                _settings.Clear();
            foreach (var change in batch.Changes)
                Apply(change);
            changed();
        }
    }
}
