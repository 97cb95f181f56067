using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Owners;
using Uss.Replication;
using Uss.Volumes;

namespace Uss.Simulation.Nfs;

/// <summary>The end: everything works again, all calls are answered, and what is there is what clients were told.</summary>
public sealed partial class NfsScenario
{
    private const long LookNs = 100 * NsPerMs;

    private void Heal()
    {
        _undos.Clear();
        World.Network.Heal();
        foreach (var node in _nodes)
        {
            HealCoordination(node.Cluster);
            World.Thaw(node.Cluster.Reactor);
            node.Cluster.Disks[0].Faults.Clear();
            if (!node.Cluster.IsUp)
                node.Cluster.Start();
        }

        Require(World.RunUntil(() => _running == 0, LongNs), $"all calls are answered: {_running} clients wait");
        if (_clients.Exists(client => client.Resent > 0))
            Reached("runs with calls sent again");
        Require(Becomes(() => _nodes.TrueForAll(node => IsConnected(node) && node.Server is not null)), "all nodes serve again");
        LookAtAll();
        foreach (var group in _groups)
        {
            var violation = group.FindViolation();
            Require(violation is null, $"{violation}");
        }

        // What was removed is kept a while for those who have it open.
        World.RunFor(_files.OrphanNs + _files.WriteNs + (4 * _files.LookNs));
        CheckMetadata();
    }

    private bool Becomes(Func<bool> condition)
    {
        for (var waitedNs = 0L; waitedNs < LongNs; waitedNs += LookNs)
        {
            if (condition())
                return true;
            World.RunFor(LookNs);
        }

        return false;
    }

    // Through every front-end.
    private void LookAtAll()
    {
        foreach (var node in _nodes)
        {
            var reactor = World.CreateReactor("last " + node.Cluster.Name);
            var client = new NfsClient(reactor, () => node.Endpoint, () => LongNs);
            foreach (var group in _groups)
            {
                var worker = new NfsWorker(reactor.Name, client, group, World.Stream("last looks"), () => ++_stamp);
                World.Run(reactor, worker.LookAtAllAsync, LongNs);
            }
        }
    }

    private void CheckMetadata()
    {
        foreach (var node in _nodes)
            World.Run(node.Cluster.Reactor, node.StopAsync, LongNs);
        var space = SpaceId.OfMetadata(_pool, (int)NfsNode.FileSystem);
        NfsNode? owner = null;
        Require(Becomes(() => (owner = _nodes.Find(node => node.Cluster.Node!.FindOwned(space) is not null)) is not null), "somebody owns the metadata");
        var cluster = owner!.Cluster;
        var inodes = World.Run(cluster.Reactor, () => ReadMetadataAsync(new OwnedMetadata(cluster.Node!.FindOwned(space)!)), LongNs);
        RequireNothingOfOthers(space, inodes);
        Reached("file systems checked");
        foreach (var node in _nodes)
        {
            World.Run(node.Cluster.Reactor, () => node.Cluster.Node!.CloseAsync(), LongNs);
            var rented = node.Cluster.Reactor.Buffers.RentedBuffers;
            Require(rented == 0, $"a closed node holds no buffers, but {rented}");
        }
    }

    private static async ValueTask<HashSet<ulong>> ReadMetadataAsync(OwnedMetadata metadata)
    {
        var records = new RecordCheck(first: 0, () => false);
        var report = await MetadataCheck.RunAsync(metadata, records);
        Require(report.IsOk, $"the metadata can be checked: {report.Fault}");
        Require(report.Value!.IsClean, $"the metadata is sound: {string.Join(' ', report.Value.Findings)}");
        records.Finish();
        Require(records.Count == 0, $"the records of the last checkpoint agree: {string.Join(' ', records.Findings)}");
        var opened = await MetadataStore.OpenAsync(metadata, new MetadataOptions());
        Require(opened.IsOk, $"the metadata can be opened: {opened.Fault}");
        var look = new FileSystemLook();
        var status = await opened.Value!.RunAsync(look);
        await opened.Value.CloseAsync();
        Require(status == RecordStatus.Ok, $"the records can be read: {status}");
        Require(look.Findings.Count == 0, $"the records agree: {string.Join(' ', look.Findings)}");
        return [.. look.Inodes];
    }

    // Copies that nobody needs any more go some time after everything is whole.
    private void RequireNothingOfOthers(ulong metadata, HashSet<ulong> inodes)
    {
        var spaces = inodes.Select(inode => SpaceId.OfContents(_pool, (int)NfsNode.FileSystem, inode)).ToHashSet();
        spaces.Add(metadata);
        spaces.Add(_nodes[0].Cluster.Node!.Volumes.Find("a")!.Space);
        var left = "";
        Require(
            Becomes(() =>
            {
                left = string.Join(' ', _nodes.SelectMany(node => node.Cluster.Stores.Values).SelectMany(store => store.ListChangedSince(0))
                    .Where(summary => summary.PresentBlocks > 0 && !spaces.Contains(summary.Id.Space)).Select(summary => summary.Id));
                return left.Length == 0;
            }),
            $"contents of removed files go, but there are {left}");
    }
}
