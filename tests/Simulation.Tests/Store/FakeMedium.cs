using Uss.Store;

namespace Uss.Simulation.Tests.Store;

/// <summary>A bug of <see cref="FakeStore"/>, for tests that the harness finds it.</summary>
public enum FakeBug
{
    None,
    AcknowledgesTooEarly,
    TearsWrites,
    LosesOneBlock,
    MixesSectors,
    ForgetsVersionsOfHoles,
    IgnoresStaleVersions,
    AppliesLater,
    LeaksSpace,
    OverwritesSnapshots,
    LeaksBuffers,
    NeverEnds,
}

/// <summary>What a <see cref="FakeStore"/> keeps when its process dies: blocks in plain memory.</summary>
internal sealed class FakeMedium
{
    public SortedDictionary<(ObjectId Id, int Block), SortedDictionary<uint, FakeBlock>> Blocks { get; } =
        new(Comparer<(ObjectId Id, int Block)>.Create(
            static (a, b) => (a.Id.Space, a.Id.Index, a.Block).CompareTo((b.Id.Space, b.Id.Index, b.Block))));

    public HashSet<(ulong Space, uint Sequence)> Dropped { get; } = [];

    public ulong HighestVersion { get; set; }

    public long LeakedBytes { get; set; }

    public FakeBlock? Find(ObjectId id, int block, uint sequence)
    {
        FakeBlock? found = null;
        if (Blocks.TryGetValue((id, block), out var states))
        {
            foreach (var (layer, state) in states)
                found = layer <= sequence ? state : found;
        }

        return found;
    }
}

/// <summary>A block: null data is a hole.</summary>
internal sealed record FakeBlock(ulong Version, byte[]? Data);
