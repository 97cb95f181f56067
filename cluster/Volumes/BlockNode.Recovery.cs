using Uss.Replication;

namespace Uss.Volumes;

public sealed partial class BlockNode
{
    // Groups that are started, copied or purged at once: enough to keep the disks busy, few enough to leave room.
    private const int JobsAtOnce = 4;

    // Most of what comes back in a cluster has hardly anything to copy: the commits that admit it go together.
    private const int ClusterJobsAtOnce = 32;
    private const int ShortStartsAtOnce = 4;
    private const long LookNs = 100_000_000;
    private const long RetryAfterFailureNs = 5_000_000_000;
    private const long RetryAfterResignationNs = 10_000_000_000;
    private const long RetryAfterDamageNs = 60_000_000_000;

    private readonly Dictionary<(PlacementGroupId Group, Guid Disk), long> _notBeforeNs = [];
    private readonly Dictionary<Guid, RejoinPace> _rejoinPaces = [];
    private readonly Dictionary<PlacementGroupId, long> _keptUntilNs = [];
    private readonly HashSet<PlacementGroupId> _busyGroups = [];
    private readonly Queue<(PlacementGroup Group, IReplica Replica)> _purges = new();
    private TaskCompletionSource? _jobsDone;
    private int _jobs;

    // Of these, starts that make copies first.
    private int _shortStarts;
    private bool _isKicked;
    private bool _isBackgroundRunning;
    private bool _isHealthAnnounced;

    private void StartBackground()
    {
        _isBackgroundRunning = true;
        FindStrays();
        _reactor.Spawn(LookForStraysAsync());
        StartScrubs();
        _reactor.Spawn(KeepProgressAsync());
        _reactor.Spawn(RetryDisksAsync());
        if (_peers is not null)
        {
            _reactor.Spawn(LookAsync());
            _reactor.Spawn(TellUsageAsync());
        }

        CatchUpLater();
        Kick();
    }

    // Looks for work in the next turn; many reasons of one turn make one look.
    private void Kick()
    {
        if (_isKicked || _isClosing || !_isBackgroundRunning)
            return;
        _isKicked = true;
        _reactor.Post(static node => ((BlockNode)node!).StartJobs(), this);
    }

    private void KickAfter(long delayNs) => _reactor.Schedule(delayNs, static node => ((BlockNode)node!).Kick(), this);

    // One look at all groups: starting a job makes its group busy.
    private void StartJobs()
    {
        _isKicked = false;
        var isSelfSlow = _peers is { IsSelfSlow: true };
        var mayReplaceNodes = _peers is null || _peers.All.Any(MayReplace);
        foreach (var pool in _pools.Pools.ToList())
        {
            foreach (var group in pool.Groups)
            {
                if (!_isClosing && !_busyGroups.Contains(group.Id) && JobFor(pool, group, isSelfSlow, mayReplaceNodes) is { } job)
                    Start(job);
            }
        }

        while (!_isClosing && NextPurge() is { } purge)
            Start(purge);
    }

    private void Start(Job job)
    {
        _jobs++;
        if (job.IsShort)
            _shortStarts++;
        _busyGroups.Add(job.Group.Id);
        _reactor.Spawn(RunAsync(job));
    }

    private async ValueTask RunAsync(Job job)
    {
        await job.RunAsync(this);
        _busyGroups.Remove(job.Group.Id);
        _jobs--;
        if (job.IsShort)
            _shortStarts--;
        if (_jobs == 0)
            _jobsDone?.TrySetResult();
        Kick();
    }

    private async ValueTask WaitForJobsAsync()
    {
        _jobsDone = new TaskCompletionSource();
        if (_jobs > 0)
            await _jobsDone.Task;
        while (_context.PendingRepairs > 0)
            await _reactor.YieldAsync();
    }

    // Asked of every group ten times a second, and nearly always there is nothing to do: so it allocates nothing.
    private Job? JobFor(Pool pool, PlacementGroup group, bool isSelfSlow, bool mayReplaceNodes)
    {
        if (isSelfSlow && SuccessorOf(group) is { } successor)
            return new Job(group, pool, successor, JobKind.Resign);

        // That of a node that keeps it is what most of them are.
        if (!mayReplaceNodes && group is { State: GroupState.Follower, Record: { } record } && !IsLocal(record.Primary))
            return null;
        if ((_peers is not null || _jobs < JobsAtOnce) && StartableBy(group) is { } disk)
            return !IsShort(group)
                ? new Job(group, pool, FindReplica(disk)!, JobKind.Start)
                : _shortStarts < ShortStartsAtOnce ? new Job(group, pool, FindReplica(disk)!, JobKind.Start) { IsShort = true } : null;
        if (group.State != GroupState.Active || _jobs - _shortStarts >= (_peers is null ? JobsAtOnce : ClusterJobsAtOnce))
            return null;

        // A node that could be replaced at once would lose the group again; one that is slow could not serve it.
        if (group.WantsHandover && NodeOf(group.Row[0]) is { } heir && !_peers!.MayReplace(heir) && !_peers.IsSlow(heir)
            && FindReplica(group.Row[0]) is { } preferred)
            return new Job(group, pool, preferred, JobKind.HandOver);
        if (group.Groups < pool.Record.Groups && group.MaySplit && IsReady(group, group.Primary!.Value))
            return new Job(group, pool, FindReplica(group.Primary.Value)!, JobKind.Split);
        for (var place = 0; place < group.Row.Count; place++)
        {
            var wanted = group.Row[place];
            if (!group.IsInSync(wanted) && IsReady(group, wanted) && MayRejoin(wanted))
                return new Job(group, pool, FindReplica(wanted)!, JobKind.Join);
        }

        return null;
    }

    // Too few in-sync disks are at hand: others have to be made equal first.
    private bool IsShort(PlacementGroup group) => group.Record is { } record && record.InSync.Count(IsUsable) < group.MinimumCopies;

    // Who could serve what this node cannot, since it is too slow; null when that is nobody, or it was tried a moment ago.
    private IReplica? SuccessorOf(PlacementGroup group)
    {
        if (group.State is not (GroupState.Active or GroupState.Unavailable) || group.IsServing || group.Record is not { } record
            || !IsLocal(record.Primary) || _keptUntilNs.GetValueOrDefault(group.Id) > _reactor.MonotonicNs)
            return null;
        var successor = record.InSync.FirstOrDefault(disk => !IsLocal(disk) && IsUsable(disk));
        return successor == default ? null : FindReplica(successor);
    }

    // Not again for a while: two nodes that are slow would hand the group to and fro.
    private ValueTask ResignAsync(PlacementGroup group, IReplica successor)
    {
        _keptUntilNs[group.Id] = _reactor.MonotonicNs + RetryAfterResignationNs;
        return group.ResignAsync(successor.DiskId);
    }

    private Job? NextPurge()
    {
        // The first one waits for its group; whoever is at work there looks again when done.
        if (_jobs - _shortStarts >= JobsAtOnce || !_purges.TryPeek(out var purge) || _busyGroups.Contains(purge.Group.Id))
            return null;
        _purges.Dequeue();
        return new Job(purge.Group, null, purge.Replica, JobKind.Purge);
    }

    private bool IsReady(PlacementGroup group, Guid disk) =>
        IsUsable(disk) && _notBeforeNs.GetValueOrDefault((group.Id, disk)) <= _reactor.MonotonicNs;

    private bool MayRejoin(Guid disk) => !_rejoinPaces.TryGetValue(disk, out var pace) || pace.MayBegin(_reactor.MonotonicNs);

    private void Postpone(PlacementGroup group, Guid disk, long delayNs)
    {
        _notBeforeNs[(group.Id, disk)] = _reactor.MonotonicNs + delayNs;
        KickAfter(delayNs);
    }

    private async ValueTask StartGroupAsync(Pool pool, PlacementGroup group, IReplica replica)
    {
        if (_peers is not null)
        {
            await StartInClusterAsync(pool, group, replica.DiskId);
            return;
        }

        var read = await _context.ReadRecordAsync(group.Id);
        if (read.IsAvailable && await _pools.StartAsync(pool, group, read.Entries.Count == 0 ? null : read.Entries[0]) is null
            && group.State == GroupState.Active)
            return;
        Postpone(group, replica.DiskId, RetryAfterFailureNs);
    }

    private async ValueTask JoinAsync(PlacementGroup group, IReplica replica)
    {
        var pace = _rejoinPaces.GetValueOrDefault(replica.DiskId);
        pace?.Begin();
        var isInSync = await group.JoinAsync(replica);
        pace?.End(isInSync);
        if (pace is { IsOver: true } && _rejoinPaces.GetValueOrDefault(replica.DiskId) == pace)
            _rejoinPaces.Remove(replica.DiskId);
        if (!isInSync)
            Postpone(group, replica.DiskId, group.Joining == replica.DiskId ? RetryAfterDamageNs : RetryAfterFailureNs);
    }

    private void OnGroupChanged(PlacementGroup group)
    {
        _context.RaiseChange();
        Kick();
        if (_isHealthAnnounced || _isClosing || !_isBackgroundRunning)
            return;

        // Many groups change for one reason: one event for all of a turn.
        _isHealthAnnounced = true;
        _reactor.Post(
            static state =>
            {
                var node = (BlockNode)state!;
                node._isHealthAnnounced = false;
                if (!node._isClosing)
                    node.Announce(new NodeEvent(NodeEventKind.HealthChanged, ""));
            },
            this);
    }

    // A change failed on a disk.
    private void OnMemberFailed(Guid id)
    {
        if (NodeOf(id) is null)
            LookAtLocalDisk(id);
        else if (!IsUsable(id))
            return;
        else if (_rejoinPaces.TryGetValue(id, out var pace))
            pace.NoteFailure(_reactor.MonotonicNs);
        else
            _rejoinPaces[id] = new RejoinPace(ClusterJobsAtOnce, _reactor.MonotonicNs);
    }

    // When the disk as a whole is to blame, all its groups are told at once.
    private void LookAtLocalDisk(Guid id)
    {
        if (_isClosing || _disks.FirstOrDefault(known => known.Id == id) is not { Fault: null, Store: { } store } disk)
            return;
        if (store.Statistics.ReadOnlyBecause is not { } fault)
            return;
        disk.Fault = fault;
        UpdateLocalDisks();
        Announce(new NodeEvent(NodeEventKind.DiskChanged, disk.Name));
        foreach (var group in _pools.Pools.SelectMany(pool => pool.Groups))
            group.RetireDisk(id);
    }

    private void OnMemberReleased(PlacementGroup group, IReplica replica)
    {
        EnqueuePurge(group, replica);
    }

    // Promises end by the clock, which nobody announces. A disk that fails under another node's primary is noticed here.
    private async ValueTask LookAsync()
    {
        while (!_isClosing)
        {
            await _reactor.DelayAsync(LookNs);
            foreach (var disk in _localDisks)
                LookAtLocalDisk(disk.DiskId);
            LookAtMaps();
            Kick();
        }
    }

    private async ValueTask KeepProgressAsync()
    {
        while (!_isClosing)
        {
            await _reactor.DelayAsync(_options.ProgressNs);
            if (!_isClosing)
                await SaveProgressAsync();
            if (!_isClosing)
                ForgetHoles();
        }
    }

    // Disks that could not be opened: a cable is plugged in again, a file system is mounted late.
    private async ValueTask RetryDisksAsync()
    {
        while (!_isClosing)
        {
            await _reactor.DelayAsync(_options.DiskRetryNs);
            foreach (var disk in _disks.Where(disk => disk.Store is null && disk.Source is not null).ToList())
            {
                if (!_isClosing)
                    disk.Fault = await OpenAsync(disk);
            }
        }
    }

    private enum JobKind
    {
        Start,
        Join,
        Split,
        Purge,
        HandOver,
        Resign,
    }

    private sealed record Job(PlacementGroup Group, Pool? Pool, IReplica Replica, JobKind Kind)
    {
        public bool IsShort { get; init; }

        public ValueTask RunAsync(BlockNode node) => Kind switch
        {
            JobKind.Start => node.StartGroupAsync(Pool!, Group, Replica),
            JobKind.Join => node.JoinAsync(Group, Replica),
            JobKind.Split => node.SplitGroupAsync(Pool!, Group),
            JobKind.HandOver => Group.HandOverAsync(Replica.DiskId),
            JobKind.Resign => node.ResignAsync(Group, Replica),
            _ => Group.PurgeAsync(Replica),
        };
    }
}
