using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

// Scrubs: one group after the other, of those that this node is the primary of. What operators ask for and what was found
// stands in the coordination store, so that any node can be asked, and a request outlasts a change of primaries.
public sealed partial class BlockNode
{
    private const long ScrubLookNs = 10_000_000_000;

    // Results are kept back so long before they are written: a commit for many groups.
    private const long ScrubSaveNs = 600_000_000_000;

    // Somebody waits for the results of a request.
    private const long RequestedScrubSaveNs = 2_000_000_000;

    private readonly Dictionary<PlacementGroupId, ScrubResult> _scrubs = [];
    private readonly Dictionary<PlacementGroupId, ScrubResult> _ownScrubs = [];
    private readonly Dictionary<PlacementGroupId, long> _scrubNotBeforeNs = [];
    private TaskCompletionSource? _scrubWanted;
    private TaskCompletionSource? _scrubsDone;
    private ScrubRequestsRecord _scrubRequests = new();
    private IWatch? _scrubWatch;
    private (PlacementGroupId Group, GroupScrub Findings)? _scrubbing;
    private ScrubRate? _scrubRate;
    private long _scrubStartedNs;
    private long _scrubSaveAtNs = long.MaxValue;

    /// <summary>
    /// Asks for a scrub of groups, each by the node that is its primary; it begins soon. The answer is the number of groups.
    /// </summary>
    /// <param name="pool">Name of the pool; null: all pools.</param>
    /// <param name="group">The group within the pool; null: all.</param>
    public async ValueTask<Result<int>> RequestScrubAsync(string? pool, int? group)
    {
        var pools = _pools.Pools.Where(known => pool is null || known.Record.Name == pool).ToList();
        if (pool is not null && pools.Count == 0)
            return new Fault("pool-not-found", $"There is no pool '{pool}'.", "List the pools with `uss pool ls`.");
        if (group is not null && (pool is null || pools[0].Find(group.Value) is null))
        {
            return new Fault(
                "group-not-found",
                pool is null ? "A group is named within a pool." : $"Pool '{pool}' has the groups 0 to {pools[0].Groups.Count - 1}.",
                "Give a pool and one of its groups: `--pool POOL --group N`.");
        }

        while (true)
        {
            var read = await _coordination.GetAsync(ScrubRequestsRecord.Key);
            if (!read.IsAvailable)
                return CoordinationFaults.Unavailable;
            var present = read.Entries.Count == 0
                ? new ScrubRequestsRecord()
                : CoordinationJson.Read(read.Entries[0].Key, read.Entries[0].Value, VolumesJson.Default.ScrubRequestsRecord);
            if (!present.IsOk)
                return present.Fault;
            var request = new ScrubRequest(present.Value.Newest + 1, pool is null ? 0 : pools[0].Record.Id, group ?? -1);
            var record = new ScrubRequestsRecord
            {
                Newest = request.Number,
                Requests = [.. present.Value.Requests.Where(old => !request.Covers(old)), request],
            };
            var commit = await _coordination.CommitAsync(
                [new Condition(ScrubRequestsRecord.Key, read.Entries.Count == 0 ? 0 : read.Entries[0].ModifiedRevision)],
                [new Change(ScrubRequestsRecord.Key, CoordinationJson.Write(record, VolumesJson.Default.ScrubRequestsRecord))]);
            if (commit.Status == CommitStatus.Conflict)
                continue;
            if (commit.Status == CommitStatus.Unknown)
                return CoordinationFaults.Unavailable;
            return group is null ? pools.Sum(known => known.Groups.Count) : 1;
        }
    }

    /// <summary>How the scrubs of all groups stand, in the order of pools and groups.</summary>
    public IReadOnlyList<ScrubDescription> DescribeScrubs()
    {
        var volumes = Volumes.All.ToDictionary(volume => volume.Space, volume => volume.Name);
        return [.. _pools.Pools.SelectMany(pool => pool.Groups.Select(group => Describe(pool, group.Id, volumes)))];
    }

    private ScrubDescription Describe(Pool pool, PlacementGroupId group, Dictionary<ulong, string> volumes)
    {
        var last = _scrubs.GetValueOrDefault(group);
        return new ScrubDescription
        {
            Group = group,
            Pool = pool.Record.Name,
            Last = last,
            IsDue = IsScrubDue(group),
            Running = _scrubbing is { } running && running.Group == group ? running.Findings : null,
            Lost = [.. (last?.Lost ?? []).Where(loss => volumes.ContainsKey(VolumeRecord.ParseId(loss.Space))).Select(loss =>
                new LostVolumeRange(
                    volumes[VolumeRecord.ParseId(loss.Space)],
                    ((long)loss.Index * Store.StoreUnits.ObjectBytes) + ((long)loss.FirstBlock * Store.StoreUnits.BlockBytes),
                    (long)loss.BlockCount * Store.StoreUnits.BlockBytes))],
        };
    }

    private string OwnScrubsKey => ScrubNodeRecord.Prefix + _options.NodeName;

    private async ValueTask<Fault?> LoadScrubsAsync()
    {
        var read = await _coordination.ListAsync(ScrubNodeRecord.Root);
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        foreach (var entry in read.Entries.OrderBy(entry => entry.Key != OwnScrubsKey))
        {
            ApplyScrub(new Change(entry.Key, entry.Value));
            if (entry.Key == OwnScrubsKey)
                _scrubs.ToList().ForEach(own => _ownScrubs[own.Key] = own.Value);
        }

        _scrubStartedNs = _reactor.MonotonicNs;
        _scrubRate = new ScrubRate(_reactor, _options.ScrubBytesPerSecond);
        _scrubWatch = _coordination.Watch(ScrubNodeRecord.Root, read.Revision);
        return null;
    }

    private void StartScrubs()
    {
        _scrubsDone = new TaskCompletionSource();
        _reactor.Spawn(FollowScrubsAsync(_scrubWatch!));
        _reactor.Spawn(ScrubAsync());
    }

    private async ValueTask FollowScrubsAsync(IWatch watch)
    {
        while (!_isClosing)
        {
            foreach (var change in (await watch.NextAsync()).Changes)
                ApplyScrub(change);
            _scrubWanted?.TrySetResult();
        }
    }

    // A record that cannot be read is as good as none: scrubs are done again.
    private void ApplyScrub(Change change)
    {
        if (change.Value is not { } document)
            return;
        if (change.Key == ScrubRequestsRecord.Key)
        {
            if (CoordinationJson.Read(change.Key, document, VolumesJson.Default.ScrubRequestsRecord) is { IsOk: true } requests)
                _scrubRequests = requests.Value;
            return;
        }

        if (CoordinationJson.Read(change.Key, document, VolumesJson.Default.ScrubNodeRecord) is not { IsOk: true } record)
            return;
        foreach (var result in record.Value.Groups)
            Take(result);
    }

    private void Take(ScrubResult result)
    {
        if (result.IsNewerThan(_scrubs.GetValueOrDefault(result.Id)))
            _scrubs[result.Id] = result;
    }

    private bool IsScrubRequested(PlacementGroupId group) =>
        _scrubRequests.NumberFor(group) > (_scrubs.GetValueOrDefault(group)?.Request ?? 0);

    // Without any result a group waits for a while, so that a start is not followed by a scrub of everything. A time that
    // lies in the future was told by a clock that was wrong.
    private bool IsScrubDue(PlacementGroupId group)
    {
        if (IsScrubRequested(group))
            return true;
        if (_options.ScrubIntervalNs <= 0)
            return false;
        if (_scrubs.GetValueOrDefault(group) is not { } last)
            return _reactor.MonotonicNs - _scrubStartedNs >= _options.ScrubFirstNs;
        var age = _reactor.UtcNow - last.EndedAt;
        return age < -TimeSpan.FromDays(1) || age >= TimeSpan.FromTicks(_options.ScrubIntervalNs / 100);
    }

    // What was asked for first, then what was scrubbed longest ago.
    private PlacementGroup? NextScrub() => _pools.Pools.SelectMany(pool => pool.Groups)
        .Where(group => group.State == GroupState.Active
            && _scrubNotBeforeNs.GetValueOrDefault(group.Id) <= _reactor.MonotonicNs
            && IsScrubDue(group.Id))
        .MinBy(group => (!IsScrubRequested(group.Id), _scrubs.GetValueOrDefault(group.Id)?.EndedAt ?? default));

    private async ValueTask ScrubAsync()
    {
        while (!_isClosing)
        {
            if (_reactor.MonotonicNs >= _scrubSaveAtNs)
                await SaveScrubsAsync();
            if (NextScrub() is { } group)
                await ScrubAsync(group);
            else
                await WaitForScrubAsync();
        }

        if (_scrubSaveAtNs != long.MaxValue)
            await SaveScrubsAsync();
        _scrubsDone!.SetResult();
    }

    private async ValueTask WaitForScrubAsync()
    {
        _scrubWanted = new TaskCompletionSource();
        var timer = _reactor.Schedule(ScrubLookNs, static wanted => ((TaskCompletionSource)wanted!).TrySetResult(), _scrubWanted);
        await _scrubWanted.Task;
        timer.Cancel();
    }

    // The disks must not be closed under it.
    private async ValueTask CloseScrubsAsync()
    {
        _scrubWatch?.Dispose();
        _scrubWanted?.TrySetResult();
        if (_scrubsDone is { } done)
            await done.Task;
    }

    private async ValueTask ScrubAsync(PlacementGroup group)
    {
        // Asked for before it began: what comes meanwhile wants another one.
        var request = _scrubRequests.NumberFor(group.Id);
        var isRequested = IsScrubRequested(group.Id);
        var findings = new GroupScrub();
        _scrubbing = (group.Id, findings);
        var isDone = await group.ScrubAsync(findings, _scrubRate!.SpendAsync);
        _scrubbing = null;
        if (!isDone)
        {
            _scrubNotBeforeNs[group.Id] = _reactor.MonotonicNs + RetryAfterFailureNs;
            return;
        }

        var result = new ScrubResult
        {
            Pool = group.Id.Pool,
            Group = group.Id.Index,
            EndedAt = _reactor.UtcNow,
            Request = request,
            CopiesRead = findings.CopiesRead,
            Damaged = findings.Damaged,
            Outdated = findings.Outdated,
            Repaired = findings.Repaired,
            Unrepairable = findings.Unrepairable,
            Lost = [.. findings.Lost.Select(lost =>
                new ScrubLoss(VolumeRecord.FormatId(lost.Id.Space), lost.Id.Index, lost.FirstBlock, lost.BlockCount))],
        };
        _scrubs[group.Id] = _ownScrubs[group.Id] = result;
        var saveNs = _reactor.MonotonicNs + (isRequested ? RequestedScrubSaveNs : ScrubSaveNs);
        _scrubSaveAtNs = Math.Min(_scrubSaveAtNs, saveNs);
        if (findings.Damaged + findings.Outdated + findings.Unrepairable > 0)
            Announce(new NodeEvent(NodeEventKind.ScrubFoundDamage, group.Id.ToString()));
    }

    // What was scrubbed as a whole need not be scrubbed again as two halves. All nodes hear of it, or none.
    private void NoteScrubOfHalf(PlacementGroupId whole, PlacementGroupId half)
    {
        if (_scrubs.GetValueOrDefault(whole) is not { } last || _scrubs.ContainsKey(half))
            return;
        _scrubs[half] = _ownScrubs[half] =
            last with { Group = half.Index, CopiesRead = 0, Damaged = 0, Outdated = 0, Repaired = 0, Unrepairable = 0, Lost = [] };
        _scrubSaveAtNs = Math.Min(_scrubSaveAtNs, _reactor.MonotonicNs + (last.Request > 0 ? RequestedScrubSaveNs : ScrubSaveNs));
    }

    // Nothing waits for it: without it, a scrub may be made once more.
    private async ValueTask SaveScrubsAsync()
    {
        _scrubSaveAtNs = long.MaxValue;
        foreach (var (id, _) in _ownScrubs.Where(own => _scrubs.GetValueOrDefault(own.Key)?.IsNewerThan(own.Value) == true).ToList())
            _ownScrubs.Remove(id);
        var record = new ScrubNodeRecord
        {
            Groups = [.. _ownScrubs.Values.OrderBy(result => result.Pool).ThenBy(result => result.Group)],
        };
        var commit = await _coordination.CommitAsync(
            [], [new Change(OwnScrubsKey, CoordinationJson.Write(record, VolumesJson.Default.ScrubNodeRecord))]);
        if (commit.Status != CommitStatus.Applied)
            _scrubSaveAtNs = Math.Min(_scrubSaveAtNs, _reactor.MonotonicNs + RetryAfterFailureNs);
    }
}
