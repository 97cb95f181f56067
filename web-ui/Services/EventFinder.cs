using System.Globalization;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>Finds out what happened by comparing how a cluster was with how it is. One thread at a time.</summary>
/// <param name="journal">Gets the events.</param>
public sealed class EventFinder(EventJournal journal)
{
    // Recovery is told in steps of so many percent, so that a long one does not fill the journal.
    private const double StepPercent = 5;

    private NodeCluster? _cluster;
    private Dictionary<string, DiskView> _disks = new(StringComparer.Ordinal);
    private double? _recoveredPercent;

    /// <summary>Something is on its way that will be told: look again soon.</summary>
    public bool IsRecovering => _recoveredPercent is not null;

    /// <summary>Compares with the last look; the first one finds nothing new.</summary>
    public void Look(NodeCluster cluster, IReadOnlyList<DiskView> disks)
    {
        var present = new Dictionary<string, DiskView>(StringComparer.Ordinal);
        foreach (var disk in disks)
            present[disk.Id ?? disk.FullName] = disk;
        if (_cluster is { } before)
        {
            LookAtNodes(before, cluster);
            LookAtDisks(present);
            LookAtGroups(before, cluster);
        }

        LookAtRecovery(cluster, disks);
        _cluster = cluster;
        _disks = present;
    }

    private void LookAtNodes(NodeCluster before, NodeCluster now)
    {
        foreach (var node in now.Nodes)
        {
            var former = before.Nodes.FirstOrDefault(known => known.Name == node.Name);
            if (former is null)
                journal.Add("node-added", "info", node.Name, $"Node {node.Name} ({node.Address}) is in the cluster now.");
            if (former?.State == node.State || (former is null && node.State != "up"))
                continue;
            var (severity, message) = node.State switch
            {
                "up" => ("info", $"Node {node.Name} is up."),
                "slow" => ("warning", $"Node {node.Name} answers too late again and again: others serve what they can of it."),
                "down" => ("warning", $"Node {node.Name} is down: its process is gone."),
                "refused" => ("warning", $"Node {node.Name} is not connected: {node.Refusal?.Message}"),
                _ => ("warning", $"Node {node.Name} is silent: it answers nothing."),
            };
            journal.Add("node-" + node.State, severity, node.Name, message);
        }

        foreach (var gone in before.Nodes.Where(node => now.Nodes.All(known => known.Name != node.Name)))
            journal.Add("node-removed", "info", gone.Name, $"Node {gone.Name} is in the cluster no more.");
    }

    private void LookAtDisks(Dictionary<string, DiskView> present)
    {
        foreach (var (key, disk) in present)
        {
            var former = _disks.GetValueOrDefault(key);
            if (former is null)
                journal.Add("disk-added", "info", disk.FullName, $"Disk {disk.FullName} is {disk.State}, and was not known before.");
            else if (former.State != disk.State)
            {
                var message = $"Disk {disk.FullName} is {disk.State}, was {former.State}.";
                journal.Add("disk-" + disk.State, SeverityOf(disk.State), disk.FullName, message);
            }
        }

        foreach (var gone in _disks.Where(known => !present.ContainsKey(known.Key)).Select(known => known.Value))
            journal.Add("disk-removed", "info", gone.FullName, $"Disk {gone.FullName} is in the cluster no more.");
    }

    private void LookAtGroups(NodeCluster before, NodeCluster now)
    {
        if ((before.Groups, before.DegradedGroups, before.UnavailableGroups) == (now.Groups, now.DegradedGroups, now.UnavailableGroups))
            return;
        var severity = now.UnavailableGroups > 0 ? "error" : now.DegradedGroups > 0 ? "warning" : "info";
        var message = now.UnavailableGroups + now.DegradedGroups == 0
            ? $"All {now.Groups} placement groups are healthy."
            : $"Of {now.Groups} placement groups {now.DegradedGroups} have too few copies and {now.UnavailableGroups} do not serve.";
        journal.Add("groups", severity, "", message);
    }

    private void LookAtRecovery(NodeCluster now, IReadOnlyList<DiskView> disks)
    {
        if (now.RecoveringGroups == 0)
        {
            if (_recoveredPercent is not null)
                journal.Add("recovery", "info", "", "Recovery is done.");
            _recoveredPercent = null;
            return;
        }

        var percent = disks.Where(disk => disk.State == "resyncing").Select(disk => disk.ResyncPercent).DefaultIfEmpty(100).Min();
        if (_recoveredPercent is { } told && Math.Abs(percent - told) < StepPercent)
            return;
        _recoveredPercent = percent;
        journal.Add("recovery", "info", "", string.Create(
            CultureInfo.InvariantCulture,
            $"{now.RecoveringGroups} placement groups catch up; {percent:0} % of the disk that has most to do is in sync."));
    }

    private static string SeverityOf(string state) => state switch
    {
        "failed" or "missing" => "error",
        "read-only" or "away" => "warning",
        _ => "info",
    };
}
