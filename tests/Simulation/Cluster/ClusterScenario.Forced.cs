using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Volumes;

namespace Uss.Simulation.Cluster;

/// <summary>
/// More machines are lost for good than groups can bear, after others had been away for a while. An administrator has the groups that
/// wait go on from what is left. Later the lost machines come back after all, or they are removed and only their disks turn up.
/// </summary>
public sealed partial class ClusterScenario
{
    // Until all nodes have noticed who is not there any more.
    private const long DeathNs = 4_000 * NsPerMs;

    // Machines that are gone, with their disks. Those of the first kind come back.
    private readonly List<ClusterNode> _returning = [];
    private readonly List<ClusterNode> _gone = [];

    // When a disk was cut off while it was in sync with a group: it holds all that was acknowledged by then.
    private readonly Dictionary<(PlacementGroupId Group, Guid Disk), long> _completeUntilNs = [];
    private SeededRandom _fate = null!;
    private bool _hadDisaster;

    private bool IsLost(ClusterNode node) => _returning.Contains(node) || _gone.Contains(node);

    private void ComeToDisaster()
    {
        if (!isForced || _hadDisaster || _requests < Ticks / 2)
            return;
        _hadDisaster = true;
        _fate = World.Stream("fate");
        for (var looks = 0; looks < 100 && !IsQuiet(); looks++)
            RunAndUndo(LookNs);
        var order = _nodes.OrderBy(_ => _fate.Next(1 << 30)).ToList();
        var stale = order.Take(_fate.Next(order.Count)).ToList();
        foreach (var node in stale)
            LeaveBehind(node);
        Burst();
        RunAndUndo(1 + _fate.Next(6_000 * NsPerMs));
        var lost = order.Skip(stale.Count).Where((_, place) => place == 0 || _fate.Next(3) != 0).Take(_nodes.Count - 1).ToList();
        foreach (var node in lost)
            Lose(node);
        foreach (var node in stale)
            Later(1 + _fate.Next(3_000 * NsPerMs), () => Restart(node));
        RunAndUndo(DeathNs);
        RecoverByForce(isCalm: false);
    }

    private void LeaveBehind(ClusterNode node)
    {
        var isDown = !node.IsUp;
        foreach (var entry in _state.List(GroupRecord.Prefix).Entries)
        {
            var record = ReadGroup(entry);
            foreach (var disk in node.Disks.Select(node.IdOf).Where(disk => !isDown && record.InSync.Contains(disk)))
                _completeUntilNs[(GroupRecord.IdOf(entry.Key)!.Value, disk)] = World.NowNs;
        }

        Reached("nodes left behind before a disaster");
        _away.Add(node);
        Kill(node, _fate.Next(2) == 0);
    }

    private void Lose(ClusterNode node)
    {
        Reached("machines lost for good");
        Kill(node, isPowerCut: true);
        _nodes.Remove(node);
        _away.Remove(node);
        if (_fate.Next(2) == 0)
        {
            _gone.Add(node);
            return;
        }

        _returning.Add(node);
        Later(_fate.Next(20_000 * NsPerMs), () => ComeBack(node));
    }

    private void ComeBack(ClusterNode node)
    {
        if (!_returning.Remove(node))
            return;
        Reached("lost machines that came back");
        _nodes.Add(node);
        HealCoordination(node);
        node.Disks.ForEach(disk => disk.Faults.Clear());
        node.Start();
    }

    private void RecoverByForce(bool isCalm)
    {
        for (var waitedNs = 0L; ; waitedNs += 5 * LookNs)
        {
            RunAndUndo(5 * LookNs);
            if (!isCalm && _fate.Next(4) == 0 && waitedNs < 40 * LookNs)
                Disturb();
            Require(waitedNs < LongNs, "groups that lost their disks are recovered");
            var asked = _nodes[_fate.Next(_nodes.Count)];
            if (!asked.IsAtWork)
                continue;
            var waiting = asked.Node!.Pools.SelectMany(pool => pool.Groups).Where(group => !asked.Node.HealthOf(group).IsServing
                && _state.Get(GroupRecord.KeyOf(group.Id)).Entries.Count > 0).ToList();
            if (waiting.Count == 0)
                return;
            foreach (var group in waiting)
                RecoverByForce(asked, group);
        }
    }

    private void RecoverByForce(ClusterNode asked, PlacementGroup group)
    {
        if (!asked.IsAtWork || ChooseSource(asked.Node!, group.Id) is not { } source)
            return;
        var planned = World.Run(asked.Reactor, () => asked.Node!.PlanRecoveryAsync(group.Id, source), LongNs);
        if (!planned.IsOk)
        {
            Reached($"forced recoveries refused: {planned.Fault.Code}");
            return;
        }

        var plan = planned.Value;
        var holder = _nodes.Find(node => node.Stores.Values.Any(store => store.DiskId == source));
        if (holder is not { IsAtWork: true } || asked.Node is null)
            return;
        var cut = new Cut(group.Id, group.Groups, World.NowNs, _completeUntilNs.GetValueOrDefault((group.Id, source)));
        var captured = World.Run(holder.Reactor, () => CaptureAsync(holder, source, cut), LongNs);
        if (!captured)
            return;
        World.Trace?.Invoke($"{World.NowNs} {plan.Group} is recovered by force from {NameOf(source)}: {plan}");
        var fault = World.Run(asked.Reactor, () => asked.Node.RecoverAsync(plan), LongNs);
        World.Trace?.Invoke($"{World.NowNs} {plan.Group}: {fault?.Code ?? "done"}");

        // An answer that was lost may have been a yes.
        cut.Made = plan;
        if (!IsMade(plan))
            return;
        CheckReport(plan);
        Reached(plan.IsComplete ? "groups recovered from a disk with everything"
            : plan.CleanVersion is null ? "groups recovered from a disk of unknown age" : "groups recovered from an old copy");
        if (!plan.IsComplete)
            _cuts.Add(cut);
    }

    private bool IsMade(ForcedRecovery plan) =>
        _state.ChangesAfter(0, GroupRecord.KeyOf(plan.Group))?.Changes.Select(change => CoordinationJson.Read(
            change.Key, change.Value!.Value, ReplicationJson.Default.GroupRecord).Value!).Any(record =>
                record.Epoch == plan.Epoch + 1 && record is { LeastCopies: 1, InSync.Count: 1 } && record.InSync[0] == plan.Disk
                && record.Departed.All(gone => gone.CleanVersion == 0)) == true;

    // What an administrator is told before the decision.
    private static void CheckReport(ForcedRecovery plan)
    {
        Require(plan.IsComplete == plan.InSync.Contains(plan.Disk), $"the report says whether the disk holds everything: {plan}");
        var isTold = plan.IsComplete ? plan.ChangesLostAtLeast == 0 : plan.EpochsBehind is null or > 0;
        Require(isTold, $"the report tells what is lost: {plan}");
    }

    // Mostly the best one; now and then any.
    private Guid? ChooseSource(BlockNode asked, PlacementGroupId id)
    {
        var record = ReadGroup(_state.Get(GroupRecord.KeyOf(id)).Entries[0]);
        var usable = _nodes.SelectMany(node => node.Disks.Select(node.IdOf)).Where(asked.IsUsable).ToList();
        if (usable.Count == 0)
            return null;
        if (_fate.Next(8) == 0)
            return usable[_fate.Next(usable.Count)];
        return usable.OrderByDescending(disk => record.InSync.Contains(disk) ? ulong.MaxValue
            : record.Departed.FirstOrDefault(gone => gone.Disk == disk)?.CleanVersion ?? 0).First();
    }

    private static GroupRecord ReadGroup(Entry entry) =>
        CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.GroupRecord).Value!;

    /// <summary>What is gone for good is replaced and removed.</summary>
    private void ReplaceLost()
    {
        foreach (var node in _returning.ToList())
            ComeBack(node);
        if (_gone.Count == 0)
            return;
        Require(World.RunUntil(() => _nodes.TrueForAll(IsConnected), LongNs), "the nodes that are left find each other");
        World.RunFor(DeathNs);
        RecoverByForce(isCalm: true);
        _administrator = World.Stream("administrator");
        foreach (var node in _gone)
            Grow();
        Require(World.RunUntil(() => _nodes.TrueForAll(IsConnected), LongNs), "new nodes are found");
        foreach (var node in _gone.ToList())
        {
            Require(Ask(asked => asked.DrainNodeAsync(node.Name, true)) is null, $"{node.Name}, which is gone, can be drained");
            for (var waitedNs = 0L; Ask(asked => asked.RemoveNodeAsync(node.Name)) is { } fault; waitedNs += LookNs)
            {
                Require(waitedNs < LongNs, $"{node.Name}, which is gone, can be removed in the end: {fault}; {Describe()}");
                World.RunFor(LookNs);
            }

            Reached("lost machines removed");
            _removedDisks.UnionWith(node.Disks.Select(node.IdOf));
            _gone.Remove(node);
            RequireNothingOnRemovedDisks();
            if (_fate.Next(2) == 0)
                RequireTold(node);
            else
                TurnUp(node.Disks[_fate.Next(node.Disks.Count)]);
        }
    }

    private void Grow()
    {
        var added = _buildNode();
        _nodes.Add(added);
        added.Start();
    }

    // Somebody puts the disk of a machine that was removed into another one.
    private void TurnUp(SimulatedDisk disk)
    {
        var node = _nodes[_fate.Next(_nodes.Count)];
        var added = World.Run(node.Reactor, () => node.Node!.AddDiskAsync(node.Source(disk)), LongNs);
        if (added.IsOk)
        {
            // An empty one is as good as new.
            Require(node.Stores[disk].HighestVersion == 0, $"{disk.Path} holds data of before, and is not taken");
            _removedDisks.Remove(node.Stores[disk].DiskId);
            node.Adopt(disk);
            return;
        }

        Require(added.Fault.Code == "disk-foreign", $"{disk.Path} holds data of before: {added.Fault}");
        Reached("disks of before refused");
        node.Stores.Remove(disk);
    }
}
