using Uss.Runtime;
using Uss.Store;
using Uss.Volumes;

namespace Uss.Simulation.Cluster;

/// <summary>Volumes that come, grow and go while the others are checked.</summary>
public sealed partial class ClusterScenario
{
    private int _passing;

    // It may fail at any step: the node dies, the coordination store is away.
    private void LetVolumePass(ClusterNode node)
    {
        if (node is not { IsUp: true, Node: { } running, Reactor.IsFrozen: false })
            return;
        var name = $"x{_passing++}";
        var random = World.Stream("passing " + name);
        World.Start(node.Reactor, () => PassAsync(running.Volumes, name, _volumes[0].Copies, random));
    }

    private async ValueTask<bool> PassAsync(VolumeManager volumes, string name, int copies, SeededRandom random)
    {
        var specification = new VolumeSpecification { Name = name, SizeBytes = 1 << 20, Copies = copies };
        if (!(await volumes.CreateAsync(specification)).IsOk || volumes.Find(name) is not { } volume)
            return false;
        Reached("volumes created under faults");
        await WriteAsync(volume, random);
        if ((await volumes.ResizeAsync(name, 16 << 20)).IsOk)
        {
            Reached("volumes resized under faults");
            await WriteAsync(volume, random);
        }

        await Reactor.Current.DelayAsync(random.Next(2_000 * NsPerMs));
        if (random.Next(4) == 0)
            return true;
        if (await volumes.RemoveAsync(name) is null)
            Reached("volumes removed under faults");
        return true;
    }

    private static async ValueTask WriteAsync(Volume volume, SeededRandom random)
    {
        var buffer = Reactor.Current.Buffers.Rent(8 * StoreUnits.BlockBytes);
        var data = buffer.Slice(0, 8 * StoreUnits.BlockBytes);
        random.Fill(data.Span);
        await volume.WriteAsync(random.Next((volume.SizeBytes / data.Length) - 1) * data.Length, data);
        buffer.Release();
    }

    // A removed volume leaves nothing on any disk once everything is well again.
    private void RequireNothingOfRemovedVolumes(IEnumerable<ObjectId> held)
    {
        var spaces = _nodes[0].Node!.Volumes.All.Select(volume => volume.Space).ToHashSet();
        foreach (var id in held)
            Require(spaces.Contains(id.Space), $"{id} belongs to no volume");
    }
}
