using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Volumes;

namespace Uss.Simulation.Cluster;

/// <summary>Disks and nodes that are taken out: nothing counts on them then, and they never come back.</summary>
public sealed partial class ClusterScenario
{
    private readonly HashSet<Guid> _registered = [];
    private readonly HashSet<Guid> _removedDisks = [];
    private readonly List<ClusterNode> _removedNodes = [];

    // By the records, since whoever asked for a removal may have died before it heard of it.
    private void NoticeRemovals()
    {
        foreach (var node in _nodes.ToList())
        {
            var isRemoved = _state.Get(NodeRecord.RemovedKeyOf(node.Name)).Entries.Count > 0;
            foreach (var disk in node.Disks.ToList())
            {
                var id = node.IdOf(disk);
                if (_state.Get(DiskRecord.KeyOf(id)).Entries.Count > 0)
                    _registered.Add(id);
                else if (_registered.Contains(id) && (isRemoved || !IsStarting(node)))
                    NoticeRemoval(node, disk);
                Require(!isRemoved || !_state.Get(DiskRecord.KeyOf(id)).Entries.Any(), $"{disk.Path} is removed with its node");
            }

            if (!isRemoved)
                continue;
            World.Trace?.Invoke($"{World.NowNs} {node.Name} was removed");
            Reached("nodes removed");
            _nodes.Remove(node);
            _removedNodes.Add(node);
            _away.Remove(node);
            _maintained.Remove(node);
            _drains.RemoveAll(drain => drain.Node == node);
        }
    }

    // A start that was given the disk before may register it again, as one that is new.
    private static bool IsStarting(ClusterNode node) => node.IsUp && node.Node is null;

    private void NoticeRemoval(ClusterNode node, SimulatedDisk disk)
    {
        World.Trace?.Invoke($"{World.NowNs} {disk.Path} was removed");
        Reached("disks removed");
        _removedDisks.Add(node.IdOf(disk));
        _drains.RemoveAll(drain => drain.Disk == disk);
        RequireNothingOnRemovedDisks();
        _disksGiven.Remove(disk);
        node.Discard(disk);
    }

    /// <summary>No record of a group or map names what was removed.</summary>
    private void RequireNothingOnRemovedDisks()
    {
        foreach (var entry in _removedNodes.Count == 0 ? [] : _state.List(DiskRecord.Prefix).Entries)
        {
            var record = CoordinationJson.Read(entry.Key, entry.Value, VolumesJson.Default.DiskRecord).Value!;
            var isOfRemoved = _removedNodes.Exists(node => node.Name == record.Node);
            Require(!isOfRemoved, $"{record.Name} is no disk of {record.Node}, which was removed");
        }

        if (_removedDisks.Count == 0)
            return;
        foreach (var entry in _state.List(GroupRecord.Prefix).Entries)
        {
            var record = CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.GroupRecord).Value!;
            Require(!record.InSync.Any(_removedDisks.Contains), $"{entry.Key} counts on no disk that was removed: {Describe(record)}");
        }

        foreach (var entry in _state.List(MapRecord.Prefix).Entries)
        {
            var map = CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.MapRecord).Value!;
            Require(!map.Disks.Any(_removedDisks.Contains), $"{entry.Key} wants nothing on a disk that was removed");
        }
    }

    /// <summary>Everything works again: what was begun is brought to its end, one thing after the other.</summary>
    private void FinishAdministration()
    {
        if (!_hasAdministrator)
            return;

        // Commands that were given last are still under way.
        World.RunFor(5_000 * NsPerMs);
        NoticeRemovals();
        CheckMaintenance();
        foreach (var drain in _drains.ToList())
            Finish(drain);
        foreach (var drain in StillDraining().ToList())
            Require(Ask(asked => drain.SetAsync(asked, false)) is null, $"the drain of {drain} can be taken back");
        foreach (var node in _removedNodes)
            RequireTold(node);
        Require(BecomesHealthy(), $"all groups have all copies on what is left: {Describe()}");
    }

    // Drains that were taken back, and begun by a command that came later. A disk that was refused, since what it should have replaced
    // was gone, is none of the cluster's.
    private IEnumerable<Drain> StillDraining() => _nodes.Where(node => _nodes[0].Node!.SettingsOf(node.Name).IsDraining)
        .Select(node => new Drain(node, null))
        .Concat(_nodes.SelectMany(node => node.Disks.Where(disk => IsRegistered(node, disk)).Select(disk => new Drain(node, disk))));

    private bool IsRegistered(ClusterNode node, SimulatedDisk disk) => _state.Get(DiskRecord.KeyOf(node.IdOf(disk))).Entries.Count > 0;

    private Fault? Ask(Func<BlockNode, ValueTask<Fault?>> command)
    {
        var asked = _nodes[_administrator.Next(_nodes.Count)];
        return World.Run(asked.Reactor, () => command(asked.Node!), LongNs);
    }

    // A command that came late may have set what was not to be any more: so every node is asked about.
    private void CheckMaintenance()
    {
        var last = _nodes.Find(_maintained.Contains);
        foreach (var node in _nodes.Where(node => node != last).ToList())
            Require(Ask(asked => asked.SetMaintenanceAsync(node.Name, false)) is null, "maintenance can be ended");
        _maintained.Clear();
        if (last is null)
            return;
        Require(Ask(asked => asked.SetMaintenanceAsync(last.Name, true)) is null, "maintenance can be asked for");
        bool Leads() => Primaries().Any(group => group.Serving is not { } serving
            || (serving.InSync.Count() > 1 && last.Disks.Exists(disk => last.IdOf(disk) == serving.Primary)));
        for (var waitedNs = 0L; Leads(); waitedNs += LookNs)
        {
            Require(waitedNs < LongNs, $"others lead in place of {last.Name}, which is in maintenance");
            World.RunFor(LookNs);
        }

        Reached("primaries left a node in maintenance");
        Require(Ask(asked => asked.SetMaintenanceAsync(last.Name, false)) is null, "maintenance can be ended");
    }

    private void Finish(Drain drain)
    {
        NoticeRemovals();
        if (!_drains.Contains(drain))
            return;

        // It was refused, since what it should have replaced was gone: there is nothing to drain.
        if (drain.Disk is { } stranger && !IsRegistered(drain.Node, stranger))
        {
            _drains.Remove(drain);
            return;
        }

        var isBack = _administrator.Next(4) == 0;
        Require(Ask(asked => drain.SetAsync(asked, !isBack)) is null, $"{drain} can be drained or not");
        if (!isBack && IsBlocked(drain))
        {
            World.RunFor(2_000 * NsPerMs);
            var revision = _state.List("disks/").Entries.Sum(entry => entry.ModifiedRevision);
            var refused = Ask(drain.RemoveAsync);
            Require(refused?.Code == "copies-in-use", $"{drain} holds copies that have nowhere to go, and its removal says {refused}");
            Require(_state.List("disks/").Entries.Sum(entry => entry.ModifiedRevision) == revision, "what is refused changes nothing");
            Reached("drains with nowhere to go");
            isBack = true;
            Require(Ask(asked => drain.SetAsync(asked, false)) is null, $"the drain of {drain} can be taken back");
        }

        if (isBack)
        {
            _drains.Remove(drain);
            return;
        }

        Fault? fault;
        for (var waitedNs = 0L; (fault = Ask(drain.RemoveAsync)) is not null; waitedNs += LookNs)
        {
            Require(fault.Code == "copies-in-use", $"{drain} can be removed in the end: {fault}");
            Require(waitedNs < LongNs, $"{drain} becomes empty: {fault.Message}; {Describe()}");
            World.RunFor(LookNs);
        }

        NoticeRemovals();
        Require(!_drains.Contains(drain), $"{drain} is removed");
        Reached("drains brought to their end");
        if (drain.Disk is not null && _nodes.Contains(drain.Node) && _administrator.Next(2) == 0)
            GiveDisk(drain.Node, AddDisk(drain.Node, _administrator));
        Require(BecomesHealthy(), $"all groups have all copies without {drain}: {Describe()}");
    }

    // Copies that no disk of another failure domain can take.
    private bool IsBlocked(Drain drain) => Plan(_nodes[0].Node!, drain)
        .Any(plan => plan.Solved.StuckCopies > 0 && plan.Solved.Map.Rows.Any(row => row.Any(drain.Holds)));

    private void RequireTold(ClusterNode node)
    {
        World.Thaw(node.Reactor);
        HealCoordination(node);

        // It was asked to end before, and has not heard of anything since.
        if (node is { IsStopped: true, IsToldOfRemoval: false })
            node.Kill(isPowerCut: false);
        if (!node.IsUp)
            node.Start();
        Require(World.RunUntil(() => node.IsToldOfRemoval, LongNs), $"{node.Name} learns that it was removed");
    }
}
