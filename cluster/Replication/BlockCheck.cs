using Uss.Store;

namespace Uss.Replication;

/// <summary>How a member found one of its blocks when it read it from the medium.</summary>
public enum BlockCondition
{
    /// <summary>It can be read and is what was written, or it is a hole.</summary>
    Intact,

    /// <summary>The member knows what was written and cannot read it.</summary>
    Damaged,

    /// <summary>The member has lost its map of the object: it does not even know which version it held.</summary>
    Unknown,
}

/// <summary>One block as <see cref="IReplica.VerifyAsync"/> reports it.</summary>
/// <param name="Block">What the member should hold; meaningless when <see cref="BlockCondition.Unknown"/>.</param>
/// <param name="Condition">What it does hold.</param>
public readonly record struct BlockCheck(BlockDescription Block, BlockCondition Condition)
{
    /// <summary>True for a block, or a hole, that is as it was written.</summary>
    public bool IsIntact => Condition == BlockCondition.Intact;
}
