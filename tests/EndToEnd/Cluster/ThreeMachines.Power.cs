using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <content>The nodes' power: their disks lose what was not flushed when it is cut.</content>
internal sealed partial class ThreeMachines
{
    private VolatileDisk[] _disks = [];

    /// <summary>The disk behind a node's disk file.</summary>
    public VolatileDisk DiskBehind(int node) => _disks[node - 1];

    /// <summary>Cuts the power of nodes at one moment: their processes end, and what their disks had not flushed is gone.</summary>
    /// <param name="nodes">From 1; the first one's disk has something to lose, for which it waits under load.</param>
    public void CutPower(params int[] nodes)
    {
        // Caught while the cache holds something. What stands still does not see the disk go, as it sees nothing without power.
        DiskBehind(nodes[0]).StopWhileUnflushed(Limit);
        CutIdlePower(nodes);
    }

    /// <summary>As <see cref="CutPower"/>, whether the disks have something to lose or not.</summary>
    public void CutIdlePower(params int[] nodes)
    {
        foreach (var node in nodes)
            DiskBehind(node).Stop();
        foreach (var node in nodes)
            _nodes[node - 1]!.Signal(NativeMethods.SignalStop);
        foreach (var node in nodes)
            DiskBehind(node).CutPower();
        foreach (var node in nodes)
            Kill(node);
        foreach (var node in nodes)
            TestContext.Out.WriteLine($"node{node}: {DiskBehind(node).Describe()}");
    }

    /// <summary>Gives a node its power back and waits until it serves.</summary>
    public void RestorePower(int node)
    {
        DiskBehind(node).Start();
        Start(node);
    }

    private void MakeVolatileDisks(ulong seed)
    {
        var program = VolatileDisk.Build(_sandbox, _folder);
        for (var node = 1; node <= NodeCount; node++)
        {
            Directory.CreateDirectory(FolderOf(node));
            _sandbox.Run(Limit, "truncate", "-s", _options.DiskSizes[node - 1], DiskOf(node)).Succeeded();
        }

        _disks =
        [
            .. Enumerable.Range(1, NodeCount).Select(
                node => new VolatileDisk(_sandbox, program, DiskOf(node), _folder[$"control{node}"], seed + (ulong)node)),
        ];
        foreach (var disk in _disks)
            disk.Start();
    }
}
