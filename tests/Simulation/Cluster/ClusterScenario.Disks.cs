using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Store;
using Uss.Volumes;

namespace Uss.Simulation.Cluster;

/// <summary>What goes wrong with disks. Data is spoiled on one disk of a run at most, where other copies cover it.</summary>
public sealed partial class ClusterScenario
{
    private readonly HashSet<SimulatedDisk> _disksGiven = [];
    private SimulatedDisk? _rottingDisk;
    private bool _hasDiskErrors;

    private void ChooseDiskFaults(SeededRandom random)
    {
        _hasDiskErrors = random.Next(3) == 0 && !isForced;
        if (random.Next(3) != 0 || isForced)
            return;
        var node = _nodes[random.Next(_nodes.Count)];
        _rottingDisk = node.Disks[random.Next(node.Disks.Count)];
    }

    private void DisturbDisk(ClusterNode node)
    {
        if (node.Disks.Count == 0)
            return;
        var disk = node.Disks[Crashes.Next(node.Disks.Count)];
        switch (Crashes.Next(4))
        {
            case 0 or 2 when _hasDiskErrors && _away.Count == 0:
                LoseDisk(node, disk);
                break;
            case 1 when disk.Options.IsFile:
                Reached("disks full");
                disk.Faults.HostFreeBytes = Crashes.Next(4) * (64 << 10);
                Later(DurationNs(), () => disk.Faults.HostFreeBytes = long.MaxValue);
                break;
            default:
                Reached("disks slow");
                disk.Faults.MaximumDelayNs = NsPerMs << Crashes.Next(11);
                Later(DurationNs(), () => disk.Faults.MaximumDelayNs = 0);
                break;
        }
    }

    /// <summary>A disk fails every read and write, and works again later with what it had.</summary>
    private void LoseDisk(ClusterNode node, SimulatedDisk disk)
    {
        Reached("disks lost");
        _away.Add(node);
        disk.Faults.ReadError = 1;
        disk.Faults.WriteError = 1;
        Later(DurationNs(), () =>
        {
            disk.Faults.ReadError = disk.Faults.WriteError = 0;
            _away.Remove(node);
            GiveDisk(node, disk);
        });
    }

    // An administrator gives a node a disk, again if it failed.
    private void GiveDisk(ClusterNode node, SimulatedDisk disk, Guid? replaces = null)
    {
        if (node is not { IsUp: true, Node: { } running } || !node.Disks.Contains(disk) || !_disksGiven.Add(disk))
            return;
        World.Start(
            node.Reactor,
            async () =>
            {
                var added = await running.AddDiskAsync(node.Source(disk), null, replaces);
                World.Trace?.Invoke($"{World.NowNs} {disk.Path} is given: {added.Fault}");
                if (!added.IsOk)
                    node.ForgetClosed();
                _disksGiven.Remove(disk);
                return true;
            });
    }

    private void GiveFailedDisks()
    {
        foreach (var node in _nodes)
        {
            foreach (var disk in node.Node?.Disks.Where(disk => disk.State == DiskState.Failed).ToList() ?? [])
            {
                if (node.Disks.Find(candidate => candidate.Path == disk.Name) is { } known)
                    GiveDisk(node, known);
            }
        }
    }
}
