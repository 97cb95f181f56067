namespace Uss.WebUi.Contracts;

/// <summary>What it means to let a placement group go on from one disk although others held more.</summary>
public sealed record RecoveryView
{
    /// <summary>The pool.</summary>
    public required string Pool { get; init; }

    /// <summary>The group within the pool.</summary>
    public required int Group { get; init; }

    /// <summary>The disk to go on from, with its node where there are several.</summary>
    public required string From { get; init; }

    /// <summary>Epoch of the group as planned for; the recovery is refused once it is another.</summary>
    public required uint Epoch { get; init; }

    /// <summary>The disk holds every acknowledged write: nothing is lost.</summary>
    public required bool Complete { get; init; }

    /// <summary>Configurations of the group since the disk was in sync; null when nothing is known of its age.</summary>
    public long? EpochsBehind { get; init; }

    /// <summary>Changes that are known to be lost, there may be more; null when not even that is known.</summary>
    public long? ChangesLostAtLeast { get; init; }

    /// <summary>The disks that hold every acknowledged write.</summary>
    public required IReadOnlyList<string> InSync { get; init; }

    /// <summary>What the disk holds, by volume.</summary>
    public required IReadOnlyList<RecoveredVolumeView> Volumes { get; init; }
}

/// <summary>What a disk holds of a volume in one placement group.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Blocks">Blocks with data.</param>
/// <param name="NewerBlocks">Blocks of objects that changed after the disk was in sync: each may be old or new.</param>
public sealed record RecoveredVolumeView(string Volume, long Blocks, long NewerBlocks);

/// <summary>Body of <c>POST /api/v1/placement/recovery</c>.</summary>
public sealed record RecoverGroup
{
    /// <summary>The pool.</summary>
    public required string Pool { get; init; }

    /// <summary>The group within the pool.</summary>
    public required int Group { get; init; }

    /// <summary>The disk to go on from: its name, path or identity.</summary>
    public required string From { get; init; }

    /// <summary>Epoch of the plan that was looked at.</summary>
    public required uint Epoch { get; init; }

    /// <summary>Must repeat the name of the pool.</summary>
    public string? Confirm { get; init; }
}
