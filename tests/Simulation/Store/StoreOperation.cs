using Uss.Store;

namespace Uss.Simulation.Store;

/// <summary>What a client asks a store for.</summary>
internal enum StoreOperationKind
{
    Read,
    Write,
    Discard,
    Describe,
    DropSnapshot,
    DeleteSpace,
}

/// <summary>One operation of a client. Those that a crash overtakes stay in the list of pending ones.</summary>
internal sealed class StoreOperation
{
    public required StoreOperationKind Kind { get; init; }

    public required ObjectId Id { get; init; }

    public int FirstBlock { get; init; }

    public int BlockCount { get; init; }

    public ulong Version { get; init; }

    public uint Sequence { get; init; }

    /// <summary>Stamp of the first block; the next one has the next stamp. 0 writes zeros.</summary>
    public ulong Stamp { get; init; }

    /// <summary>True once the store refused it in a way that leaves open whether it was done.</summary>
    public bool IsUndecided { get; set; }

    public ulong StampOf(int block) => Stamp == 0 ? 0 : Stamp + (ulong)(block - FirstBlock);

    /// <summary>True when both touch a block, and one of them changes it.</summary>
    public bool ConflictsWith(StoreOperation other)
    {
        if (Id.Space != other.Id.Space || (IsRead && other.IsRead))
            return false;
        if (IsWholeSpace || other.IsWholeSpace)
            return true;
        return Id == other.Id && FirstBlock < other.FirstBlock + other.BlockCount && other.FirstBlock < FirstBlock + BlockCount;
    }

    public override string ToString() =>
        $"{Kind} {Id} blocks {FirstBlock}+{BlockCount} version {Version} sequence {Sequence} stamp {Stamp:x}";

    private bool IsRead => Kind is StoreOperationKind.Read or StoreOperationKind.Describe;

    public bool IsWholeSpace => Kind is StoreOperationKind.DropSnapshot or StoreOperationKind.DeleteSpace;
}
