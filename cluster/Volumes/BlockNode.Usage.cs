using Uss.Coordination;
using Uss.Runtime;

namespace Uss.Volumes;

// How much volumes hold. A node counts what is in its own groups; of the others it knows what they last told.
public sealed partial class BlockNode
{
    // Counting walks the object tables of the disks, so it is done seldom, and more seldom where that takes long.
    private const long UsageNs = 30_000_000_000;
    private const long UsageFirstNs = 5_000_000_000;
    private const int UsageRest = 1_000;

    // More do not fit into one record; then other nodes do not hear of this one's part.
    private const int MostSpaces = 20_000;

    private readonly Dictionary<string, IReadOnlyDictionary<ulong, long>> _usageOfOthers = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<ulong, long> _toldUsage = new Dictionary<ulong, long>();
    private IWatch? _usageWatch;

    /// <summary>
    /// Blocks with data by space, counted once whatever the number of copies: of this node's groups now, of the others' as they last
    /// told. What a node told that cannot be reached does not count, since others lead its groups by now.
    /// </summary>
    internal IReadOnlyDictionary<ulong, long> UsageBySpace()
    {
        var usage = OwnUsageBySpace();
        foreach (var (node, told) in _usageOfOthers)
        {
            if (_peers?.Find(node) is not { IsConnected: true })
                continue;
            foreach (var (space, blocks) in told)
                usage[space] = usage.GetValueOrDefault(space) + blocks;
        }

        return usage;
    }

    private async ValueTask<Fault?> LoadUsageAsync()
    {
        if (_peers is null)
            return null;
        var read = await _coordination.ListAsync(UsageRecord.Prefix);
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        foreach (var entry in read.Entries)
            ApplyUsage(new Change(entry.Key, entry.Value));
        _usageWatch = _coordination.Watch(UsageRecord.Prefix, read.Revision);
        _reactor.Spawn(FollowUsageAsync(_usageWatch));
        return null;
    }

    private async ValueTask FollowUsageAsync(IWatch watch)
    {
        while (!_isClosing)
        {
            foreach (var change in (await watch.NextAsync()).Changes)
                ApplyUsage(change);
        }
    }

    // A record that cannot be read is one that says nothing: the next one comes soon.
    private void ApplyUsage(Change change)
    {
        var node = change.Key[UsageRecord.Prefix.Length..];
        _usageOfOthers.Remove(node);
        if (change.Value is { } document
            && CoordinationJson.Read(change.Key, document, VolumesJson.Default.UsageRecord) is { IsOk: true } record
            && record.Value.Blocks.Keys.All(VolumeRecord.IsId))
            _usageOfOthers[node] = record.Value.Blocks.ToDictionary(entry => VolumeRecord.ParseId(entry.Key), entry => entry.Value);
    }

    private async ValueTask TellUsageAsync()
    {
        await _reactor.DelayAsync(UsageFirstNs);
        while (!_isClosing)
        {
            var startedNs = _reactor.MonotonicNs;
            var usage = OwnUsageBySpace();
            var tookNs = _reactor.MonotonicNs - startedNs;
            var isTold = usage.Count == _toldUsage.Count && usage.All(entry => _toldUsage.GetValueOrDefault(entry.Key) == entry.Value);
            if (!isTold && usage.Count <= MostSpaces)
            {
                var blocks = usage.ToDictionary(entry => VolumeRecord.FormatId(entry.Key), entry => entry.Value);
                var document = CoordinationJson.Write(new UsageRecord { Blocks = blocks }, VolumesJson.Default.UsageRecord);
                if ((await _coordination.CommitAsync([], [new Change(UsageRecord.KeyOf(Name), document)])).Status == CommitStatus.Applied)
                    _toldUsage = usage;
            }

            await _reactor.DelayAsync(Math.Max(UsageNs, tookNs * UsageRest));
        }
    }
}
